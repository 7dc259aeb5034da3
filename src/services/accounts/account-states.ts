import type { Db, PublicUser } from '../../db.ts'
import { LimitsUnavailable, UserNotFound } from '../../errors.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { isPending, pendingApproval } from '../access/approval.ts'
import type { Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import type { SignInGuard } from '../sign-in/throttling/sign-in-guard.ts'
import { type ListedUser, listedColumns, type UserLists, type UserPage } from './user-lists.ts'

export type AccountStatus = 'active' | 'pending' | 'inactive'

/** Which accounts a list shows. */
export type AccountFilter = AccountStatus | 'throttled' | 'superuser' | 'service'

/** An account with its state. `isThrottled` is null while the store of the failure counts does not answer. */
export type Account = {
  user: PublicUser, status: AccountStatus, isService: boolean, isThrottled: boolean | null, throttledUntil: Date | null
}

type AccountPage = Omit<UserPage, 'only' | 'waiting'> & { filter?: AccountFilter | undefined }

type Dependencies = { db: Db, events: EventSink, guard: SignInGuard, userLists: UserLists }

/** More throttled accounts than this are not listed. */
const THROTTLED_MAX = 10_000

const conditions = {
  active: { isActive: true },
  pending: pendingApproval,
  inactive: { isActive: false, NOT: pendingApproval },
  superuser: { isSuperuser: true },
  service: { isService: true }
} as const

const statusOf = (user: ListedUser): AccountStatus =>
  user.isActive ? 'active' : isPending(user) ? 'pending' : 'inactive'

/** The states of accounts, for superusers: approval, activity and throttled sign-ins. */
export function createAccountStates ({ db, events, guard, userLists }: Dependencies) {
  /** Administrators can change accounts while the store does not answer. */
  async function withStates (listed: ListedUser[]): Promise<Account[]> {
    const throttled = await guard.throttledUntil(listed.map(({ username }) => usernameKey(username)))
      .catch((error: unknown) => {
        if (error instanceof LimitsUnavailable) return undefined
        throw error
      })
    return listed.map(user => {
      const until = throttled?.get(usernameKey(user.username)) ?? null
      return {
        user,
        status: statusOf(user),
        isService: user.isService,
        isThrottled: throttled ? until !== null : null,
        throttledUntil: until
      }
    })
  }

  /** Failures are counted by `digestOf(usernameKey)`: the database computes the digests of all accounts. */
  async function throttledAccounts () {
    const digests = await guard.throttledDigests()
    if (digests.length === 0) return { id: { in: [] } }
    const found = await db.$queryRaw<Array<{ id: string }>>`
      SELECT id FROM users
      WHERE left(encode(sha256(convert_to(username_key, 'UTF8')), 'hex'), 32) = ANY(${digests}::text[])
      LIMIT ${THROTTLED_MAX}`
    return { id: { in: found.map(({ id }) => id) } }
  }

  /** @throws UserNotFound */
  async function byId (id: string): Promise<Account> {
    const [account] = await withStates(await db.user.findMany({ where: { id }, select: listedColumns }))
    if (!account) throw new UserNotFound()
    return account
  }

  return {
    byId,

    /** One page of accounts with their states. The counts of failures are read once for the page. */
    async page ({ filter, ...page }: AccountPage): Promise<{ total: number, accounts: Account[] }> {
      const only = filter === 'throttled' ? await throttledAccounts() : filter && conditions[filter]
      const { total, users: listed } = await userLists.page({ ...page, only })
      return { total, accounts: await withStates(listed) }
    },

    /** Clears the failed sign-ins of an account. @throws UserNotFound */
    async unlock (caller: Caller, id: string): Promise<Account> {
      const { user } = await byId(id)
      await guard.unlock(user)
      events.record(undefined, caller, 'unlocked', { subject: id })
      return byId(id)
    }
  }
}

export type AccountStates = ReturnType<typeof createAccountStates>
