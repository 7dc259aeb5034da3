import { randomUUID } from 'node:crypto'
import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Db, Writes } from '../../db.ts'
import { ApiKeyNotFound } from '../../errors.ts'
import { changeRestrictions, readRestrictions, writeRestrictions } from '../../policy/api-keys/restrictions.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { apiKeyOf, type Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import { secretColumns, secretContext } from '../secrets/secret-columns.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockAccount } from '../upkeep/locks.ts'
import { currentKey, limitDerived, requireDerived } from './derived-keys.ts'
import { apiKeyColumns, type PublicApiKey, storedColumns } from './key-columns.ts'
import { createExpiryPolicy } from './key-expiry.ts'
import { lockOwner, type OwnerAndCaller, ownerFacts } from './key-owners.ts'
import { type AskedSettings, checkRestrictions } from './key-settings.ts'
import { createNewKeys } from './new-keys.ts'

export type ApiKeyChanges = AskedSettings & { name?: string | undefined, isActive?: boolean | undefined }

type Dependencies = {
  db: Db
  writes: Writes
  clock: Clock
  access: AccessCache
  events: EventSink
  box: SecretBox
  maxApiKeysPerUser: number
  /** LANGFLOW_API_KEY_MAX_DAYS: the longest lifetime of a new key. */
  apiKeyMaxDays?: number | undefined
}

/** Whether a change may reduce access. */
const reduces = ({ isActive, expiresAt, scopes, networks, rateLimit }: ApiKeyChanges) =>
  isActive === false || expiresAt !== undefined || scopes !== undefined || networks !== undefined ||
  rateLimit !== undefined

/** API keys: each belongs to one account. */
export function createApiKeys (dependencies: Dependencies) {
  const { db, clock, access, events, box, apiKeyMaxDays } = dependencies
  const expiryPolicy = createExpiryPolicy(apiKeyMaxDays)

  return {
    ...createNewKeys({ ...dependencies, expiryPolicy }),

    /** All keys of an account, the oldest first. */
    list: (userId: string): Promise<PublicApiKey[]> => db.apiKey.findMany({
      where: { userId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: apiKeyColumns
    }),

    /** A key of an account. @throws ApiKeyNotFound */
    async byId (userId: string, id: string): Promise<PublicApiKey> {
      const row = await db.apiKey.findFirst({ where: { id, userId }, select: apiKeyColumns })
      if (!row) throw new ApiKeyNotFound()
      return row
    },

    /**
     * Changes a key of an account. Keys that it created lose what it loses.
     * @throws ApiKeyNotFound; InvalidFields naming what is wrong; with an API key also StrongerApiKey or InvalidApiKey
     */
    update (who: OwnerAndCaller, id: string, changes: ApiKeyChanges): Promise<PublicApiKey> {
      const { owner, caller } = who
      const { name, isActive, expiresAt } = changes
      const restrictions = checkRestrictions(owner, changes)
      expiryPolicy.require(expiresAt, clock())
      return access.change(async tx => {
        const actingKey = apiKeyOf(caller.actor)
        await lockOwner(tx, who)
        const before = await tx.apiKey.findFirst({ where: { id, userId: owner.id }, select: storedColumns })
        if (!before) throw new ApiKeyNotFound()
        const after = changeRestrictions(readRestrictions(before), restrictions)
        const acting = actingKey && await currentKey(tx, actingKey)
        if (acting) requireDerived(acting, before, { isActive, expiresAt, after })
        const counterId = before.rateCounterId ?? randomUUID()
        const row = await tx.apiKey.update({
          where: { id },
          data: {
            name, isActive, expiresAt, ...writeRestrictions(after), rateCounterId: after.rateLimit && counterId
          },
          select: storedColumns
        })
        if (reduces(changes)) await limitDerived(tx, row)
        events.record(tx, caller, 'api_key_changed', {
          subject: id,
          is_active: row.isActive,
          expires_at: row.expiresAt,
          scopes: row.scopes,
          ...ownerFacts(who)
        })
        return row
      })
    },

    /** Deletes a key of an account. @throws ApiKeyNotFound */
    remove: (caller: Caller, userId: string, id: string): Promise<void> => access.change(async tx => {
      // Deleting a key changes the key count of the account: lock the account first, as the deletion of it does.
      await lockAccount(tx, userId)
      const { count } = await tx.apiKey.deleteMany({ where: { id, userId } })
      if (count === 0) throw new ApiKeyNotFound()
      events.record(tx, caller, 'api_key_deleted', { subject: id, ...ownerFacts({ owner: { id: userId }, caller }) })
    }),

    /** Deletes the key of the request. Possession of the key suffices. Does nothing if it was deleted meanwhile. */
    removeSelf: (caller: Caller): Promise<void> => access.change(async tx => {
      const key = apiKeyOf(caller.actor)
      const { id: userId } = caller.actor.user
      await lockAccount(tx, userId)
      const { count } = key ? await tx.apiKey.deleteMany({ where: { id: key.id, userId } }) : { count: 0 }
      if (key && count > 0) events.record(tx, caller, 'api_key_deleted', { subject: key.id, by_holder: true })
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
