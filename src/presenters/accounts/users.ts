import type { Static } from '@sinclair/typebox'
import type { PublicUser } from '../../db/queries/account-columns.ts'
import { sorts, type User, type UserListQuery, type UserUpdate } from '../../schemas/accounts/users.ts'
import type { UserSort } from '../../services/accounts/user-orders.ts'
import { given, presentTime } from '../common.ts'

/** The opt-ins that Langflow's web client expects by default. */
const noOptins = { github_starred: false, dialog_dismissed: false, discord_clicked: false }

/** The property of each sort name of the API. */
const sortColumns = {
  username: 'username',
  create_at: 'createdAt',
  last_login_at: 'lastLoginAt',
  is_active: 'isActive',
  is_superuser: 'isSuperuser'
} as const satisfies Record<typeof sorts[number], UserSort['by']>

/** An account as the API returns it. */
export function presentUser (row: PublicUser): Static<typeof User> {
  return {
    id: row.id,
    username: row.username,
    profile_image: row.profileImage,
    store_api_key: null,
    is_active: row.isActive,
    is_superuser: row.isSuperuser,
    create_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    last_login_at: presentTime(row.lastLoginAt),
    optins: row.optins as Record<string, boolean> | null ?? noOptins // validated by its schema when it was written
  }
}

const remembered = new WeakMap<PublicUser, Static<typeof User>>()

/** The same for the account of a principal. The result is frozen and cached with it, so that it is serialized once. */
export function presentRemembered (row: PublicUser): Static<typeof User> {
  const known = remembered.get(row)
  if (known) return known
  const presented = Object.freeze(presentUser(row))
  remembered.set(row, presented)
  return presented
}

/** Converts the query of a list. */
export function toUserPage ({ sort, ...rest }: Static<typeof UserListQuery>) {
  const isDescending = sort.startsWith('-')
  const name = sorts.find(each => sort.endsWith(each)) ?? 'username'
  return { ...rest, sort: { by: sortColumns[name], isDescending } }
}

/** Converts changes. `null` leaves a member unchanged. */
export function toUserChanges (body: Static<typeof UserUpdate>) {
  return {
    username: given(body.username),
    password: given(body.password),
    keepApiKeys: given(body.keep_api_keys),
    profileImage: given(body.profile_image),
    isActive: given(body.is_active),
    isSuperuser: given(body.is_superuser),
    optins: given(body.optins)
  }
}
