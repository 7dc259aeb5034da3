import { type Static, Type } from '@sinclair/typebox'
import type { UserSort } from '../../services/accounts/user-orders.ts'
import type { PublicUser } from '../../db/queries/account-columns.ts'
import { given, Id, Maybe, Nullable, presentTime, Storable, Timestamp } from '../common.ts'

/** Opt-ins of the web client: a handful of flags. */
const Optins = Type.Record(Type.String({ pattern: '^[\\w.-]{1,64}$' }), Type.Boolean(), {
  maxProperties: 32, additionalProperties: false
})

/** What Langflow's web client expects when nothing was chosen yet. */
const noOptins = { github_starred: false, dialog_dismissed: false, discord_clicked: false }

const ProfileImage = Storable({ maxLength: 512 })

export const User = Type.Object({
  id: Id,
  username: Type.String(),
  profile_image: Nullable(Type.String()),
  store_api_key: Type.Null({ description: 'Always null: the store key never leaves the server this way.' }),
  is_active: Type.Boolean(),
  is_superuser: Type.Boolean(),
  create_at: Timestamp,
  updated_at: Timestamp,
  last_login_at: Nullable(Timestamp),
  optins: Type.Record(Type.String(), Type.Boolean())
}, { title: 'User' })

export const UserCreate = Type.Object({
  username: Type.String({ maxLength: 1024, examples: ['ada'] }),
  password: Type.String({ maxLength: 4096, examples: ['a long pass phrase'] })
}, { title: 'UserCreate' })

export const UserUpdate = Type.Object({
  username: Maybe(Type.String({ maxLength: 1024 })),
  password: Maybe(Type.String({ maxLength: 4096 })),
  keep_api_keys: Maybe(Type.Boolean({
    description: 'With a password: leaves the API keys of the account on. They are switched off otherwise.'
  })),
  profile_image: Maybe(ProfileImage),
  is_active: Maybe(Type.Boolean()),
  is_superuser: Maybe(Type.Boolean()),
  optins: Maybe(Optins)
}, { title: 'UserUpdate' })

export const PasswordChange = Type.Object({
  current_password: Type.Optional(Type.String({
    maxLength: 4096, description: 'Required, unless LANGFLOW_REQUIRE_CURRENT_PASSWORD is off.'
  })),
  password: Type.String({ maxLength: 4096 })
}, { title: 'PasswordChange' })

const sorts = ['username', 'create_at', 'last_login_at', 'is_active', 'is_superuser'] as const

/** What each name on the wire is called inside. */
const sortColumns = {
  username: 'username',
  create_at: 'createdAt',
  last_login_at: 'lastLoginAt',
  is_active: 'isActive',
  is_superuser: 'isSuperuser'
} as const satisfies Record<typeof sorts[number], UserSort['by']>

const Sort = Type.Unsafe<typeof sorts[number] | `-${typeof sorts[number]}`>({
  type: 'string',
  enum: sorts.flatMap(name => [name, `-${name}`]),
  default: 'username',
  description: 'What to order by; `-` turns it round. Who never signed in comes before everybody who did.'
})

export const UserListQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 10 }),
  search: Type.Optional(Storable({ maxLength: 256, description: 'Part of a username, in any case.' })),
  sort: Sort,
  waiting: Type.Boolean({ default: false, description: 'Only accounts that wait for approval.' })
})

export const UserList = Type.Object({
  total_count: Type.Integer(),
  users: Type.Array(User)
}, { title: 'UserList' })

export const UserParams = Type.Object({ user_id: Id })

/** An account on the wire: what is named here and nothing else. */
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
    optins: row.optins as Record<string, boolean> | null ?? noOptins // written through the schema above alone
  }
}

const remembered = new WeakMap<PublicUser, Static<typeof User>>()

/** The same for the account of a principal: it stays one object, frozen, while its credential is remembered. */
export function presentRemembered (row: PublicUser): Static<typeof User> {
  const known = remembered.get(row)
  if (known) return known
  const presented = Object.freeze(presentUser(row))
  remembered.set(row, presented)
  return presented
}

/** What a list's query asks for, in the service's words. */
export function toUserPage ({ sort, ...rest }: Static<typeof UserListQuery>) {
  const isDescending = sort.startsWith('-')
  const name = sorts.find(each => sort.endsWith(each)) ?? 'username'
  return { ...rest, sort: { by: sortColumns[name], isDescending } }
}

/** Changes in the service's words; a null leaves alone. */
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
