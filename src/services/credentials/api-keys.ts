import { randomUUID } from 'node:crypto'
import { API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey } from '../../crypto/api-keys.ts'
import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Db, Prisma, Writes } from '../../db.ts'
import { ApiKeyNotFound, SessionEnded, TooManyApiKeys, UnfitField } from '../../errors.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { type ApiKeyCredential, apiKeyOf, type Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockAccount, lockOwnAccount } from '../upkeep/locks.ts'
import { currentKey, expiryWithin, limitDerived, requireDerived } from './derived-keys.ts'
import { secretColumns, secretContext } from '../secrets/secret-columns.ts'

/** The columns of an API key that may be shown. Only the request path reads the digest. */
export const apiKeyColumns = {
  id: true,
  userId: true,
  name: true,
  prefix: true,
  suffix: true,
  madeById: true,
  isActive: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  totalUses: true
} as const satisfies Prisma.ApiKeySelect

export type PublicApiKey = Prisma.ApiKeyGetPayload<{ select: typeof apiKeyColumns }>

export type ApiKeyChanges = { name?: string | undefined, isActive?: boolean | undefined, expiresAt?: Date | undefined }

/** The number of last characters that are stored. */
const SUFFIX_LENGTH = 4

type Dependencies = {
  db: Db
  writes: Writes
  clock: Clock
  access: AccessCache
  events: EventSink
  box: SecretBox
  maxApiKeysPerUser: number
}

type NewKey = { name: string | null, expiresAt?: Date | undefined }

/** The owner of the new key, and who creates it: the owner or the operator. */
type NewKeyOwner = { userId: string, caller: Caller }

const createdFacts = ({ id, expiresAt }: Pick<PublicApiKey, 'id' | 'expiresAt'>) =>
  ({ subject: id, expires_at: expiresAt })

/** API keys: each belongs to one account. */
export function createApiKeys ({ db, writes, clock, access, events, box, maxApiKeysPerUser }: Dependencies) {
  /**
   * Stores a key that another key creates. Concurrent changes and deletions of the account's keys wait.
   * @returns its expiry; undefined if the account has the maximum number of keys
   */
  async function storeDerived (
    actingKey: ApiKeyCredential, row: PublicApiKey & { digest: string }, caller: Caller
  ): Promise<Date | null | undefined> {
    return events.transaction(async tx => {
      await lockOwnAccount(tx, row.userId)
      const expiresAt = expiryWithin(await currentKey(tx, actingKey), row.expiresAt ?? undefined) ?? null
      const { count } = await tx.user.updateMany({
        where: { id: row.userId, apiKeyCount: { lt: maxApiKeysPerUser } }, data: { apiKeyCount: { increment: 1 } }
      })
      if (count === 0) return undefined
      await tx.apiKey.create({ data: { ...row, expiresAt } })
      events.record(tx, caller, 'api_key_created', createdFacts({ ...row, expiresAt }))
      return expiresAt
    })
  }

  return {
    /**
     * Creates a key. Its plaintext is in the result only.
     * @throws TooManyApiKeys; UnfitField if it would be expired already; with an API key also StrongerApiKey or
     * InvalidApiKey
     */
    async create (
      { userId, caller }: NewKeyOwner, { name, expiresAt }: NewKey
    ): Promise<{ row: PublicApiKey, key: string }> {
      const actingKey = apiKeyOf(caller.actor)
      const key = generateApiKey()
      const now = clock()
      if (expiresAt && expiresAt <= now) throw new UnfitField('expires_at', 'Expiry must be in the future')
      const row = {
        id: randomUUID(),
        userId,
        name,
        prefix: key.slice(0, API_KEY_SHOWN_LENGTH),
        suffix: key.slice(-SUFFIX_LENGTH),
        createdAt: now,
        expiresAt: expiresAt ?? null,
        madeById: actingKey?.id ?? null,
        isActive: true,
        lastUsedAt: null,
        totalUses: 0n
      }
      const stored = { ...row, digest: digestApiKey(key) }
      if (actingKey) {
        const limited = await storeDerived(actingKey, stored, caller)
        if (limited === undefined) throw new TooManyApiKeys()
        return { row: { ...row, expiresAt: limited }, key }
      }
      if (!await writes.insertApiKey({ ...stored, max: maxApiKeysPerUser })) {
        const exists = await db.user.count({ where: { id: userId } }) > 0
        throw exists ? new TooManyApiKeys() : new SessionEnded() // the account was deleted meanwhile
      }
      events.record(undefined, caller, 'api_key_created', createdFacts(row))
      return { row, key }
    },

    /** All keys of an account, the oldest first. */
    list: (userId: string): Promise<PublicApiKey[]> => db.apiKey.findMany({
      where: { userId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: apiKeyColumns
    }),

    /**
     * Changes the name, activity or expiry of a key of the caller. Keys that it created lose access with it.
     * @throws ApiKeyNotFound; with an API key also StrongerApiKey or InvalidApiKey
     */
    update: (caller: Caller, id: string, changes: ApiKeyChanges): Promise<PublicApiKey> => access.change(async tx => {
      const { id: userId } = caller.actor.user
      const actingKey = apiKeyOf(caller.actor)
      await lockOwnAccount(tx, userId)
      const before = await tx.apiKey.findFirst({ where: { id, userId }, select: apiKeyColumns })
      if (!before) throw new ApiKeyNotFound()
      if (actingKey) requireDerived(await currentKey(tx, actingKey), before, changes)
      const row = await tx.apiKey.update({ where: { id }, data: changes, select: apiKeyColumns })
      if (!row.isActive || changes.expiresAt) await limitDerived(tx, row)
      events.record(tx, caller, 'api_key_changed', {
        subject: id, is_active: row.isActive, expires_at: row.expiresAt
      })
      return row
    }),

    /** Deletes a key of an account. @throws ApiKeyNotFound */
    remove: (caller: Caller, userId: string, id: string): Promise<void> => access.change(async tx => {
      // Deleting a key changes the key count of the account: lock the account first, as the deletion of it does.
      await lockAccount(tx, userId)
      const { count } = await tx.apiKey.deleteMany({ where: { id, userId } })
      if (count === 0) throw new ApiKeyNotFound()
      const isOwn = caller.actor.user.id === userId
      events.record(tx, caller, 'api_key_deleted', { subject: id, ...(isOwn ? {} : { owner: userId }) })
    }),

    /** Deletes all keys of an account. @returns how many */
    removeAll: (caller: Caller, userId: string): Promise<number> => access.change(async tx => {
      await lockAccount(tx, userId)
      const { count: deleted } = await tx.apiKey.deleteMany({ where: { userId } })
      events.record(tx, caller, 'api_keys_deleted', { subject: userId, deleted })
      return deleted
    }),

    /**
     * Stores the account's API key of Langflow's store, encrypted.
     * @returns the Fernet token, which Langflow sends to browsers as a cookie
     */
    async saveStoreKey (userId: string, storeKey: string): Promise<string> {
      const sealed = box.encrypt(storeKey, secretContext(secretColumns.userStoreKey, userId, userId))
      await db.user.updateMany({ where: { id: userId }, data: { storeApiKey: sealed, updatedAt: clock() } })
      return box.tokenOf(sealed)
    }
  }
}

export type ApiKeys = ReturnType<typeof createApiKeys>
