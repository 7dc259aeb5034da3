import { randomUUID } from 'node:crypto'
import { API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey } from '../../crypto/api-keys.ts'
import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Db, Prisma, Writes } from '../../db.ts'
import { ApiKeyNotFound, SessionEnded, TooManyApiKeys, UnfitField } from '../../errors.ts'
import type { Access } from '../access/access-cache.ts'
import type { Actor } from '../access/principal.ts'
import type { Clock } from '../upkeep/clock.ts'
import { holdAccount, lockAccount } from '../upkeep/locks.ts'
import { currentKey, expiryWithin, limitMade, requireMade } from './derived-keys.ts'
import { secretColumns, secretContext } from '../secrets/secret-columns.ts'

/** What may be shown of a key; its digest is read by the request path alone. */
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

/** How many of its last characters a stored key shows. */
const SUFFIX_LENGTH = 4

type Dependencies = { db: Db, writes: Writes, clock: Clock, access: Access, box: SecretBox, maxApiKeysPerUser: number }

/** Whose keys they are, and by which key they are asked for, if by one. */
type KeyOwner = { user: { id: string }, apiKey?: NonNullable<Actor['apiKey']> }

type NewKey = { name: string | null, expiresAt?: Date | undefined }

/** API keys: each belongs to the account that made it, and to nobody else. */
export function createApiKeys ({ db, writes, clock, access, box, maxApiKeysPerUser }: Dependencies) {
  /**
   * Stores a key made by another one; changes and deletions of keys of the account at the same moment wait for it.
   * @returns its expiry; undefined if there is no room for it
   */
  async function storeMade (
    actingKey: NonNullable<Actor['apiKey']>, row: PublicApiKey & { digest: string }
  ): Promise<Date | null | undefined> {
    return db.$transaction(async tx => {
      await lockAccount(tx, row.userId)
      const expiresAt = expiryWithin(await currentKey(tx, actingKey), row.expiresAt ?? undefined) ?? null
      const { count } = await tx.user.updateMany({
        where: { id: row.userId, apiKeyCount: { lt: maxApiKeysPerUser } }, data: { apiKeyCount: { increment: 1 } }
      })
      if (count === 0) return undefined
      await tx.apiKey.create({ data: { ...row, expiresAt } })
      return expiresAt
    })
  }

  return {
    /**
     * Makes a key. Its plaintext exists only in what this returns.
     * @throws TooManyApiKeys, UnfitField if it would be expired already, or StrongerApiKey and InvalidApiKey where a
     * key asks for it
     */
    async create (
      { user: { id: userId }, apiKey: actingKey }: KeyOwner, { name, expiresAt }: NewKey
    ): Promise<{ row: PublicApiKey, key: string }> {
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
        const limited = await storeMade(actingKey, stored)
        if (limited === undefined) throw new TooManyApiKeys()
        return { row: { ...row, expiresAt: limited }, key }
      }
      if (await writes.insertApiKey({ ...stored, max: maxApiKeysPerUser })) return { row, key }
      const isThere = await db.user.count({ where: { id: userId } }) > 0
      throw isThere ? new TooManyApiKeys() : new SessionEnded() // deleted while it asked
    },

    /** All keys of an account, the oldest first. */
    list: (userId: string): Promise<PublicApiKey[]> => db.apiKey.findMany({
      where: { userId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: apiKeyColumns
    }),

    /**
     * Renames, switches on or off, or moves the expiry. Keys that it made lose access with it.
     * @throws ApiKeyNotFound, or StrongerApiKey and InvalidApiKey where a key asks for it
     */
    update: (
      { user: { id: userId }, apiKey: actingKey }: KeyOwner, id: string, changes: ApiKeyChanges
    ): Promise<PublicApiKey> => access.change(async tx => {
      await lockAccount(tx, userId)
      const before = await tx.apiKey.findFirst({ where: { id, userId }, select: apiKeyColumns })
      if (!before) throw new ApiKeyNotFound()
      if (actingKey) requireMade(await currentKey(tx, actingKey), before, changes)
      const row = await tx.apiKey.update({ where: { id }, data: changes, select: apiKeyColumns })
      if (!row.isActive || changes.expiresAt) await limitMade(tx, row)
      return row
    }),

    /** @throws ApiKeyNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const { count } = await access.change(async tx => {
        // The count of the account's keys changes by it: the account first, as whoever deletes all of it does.
        await holdAccount(tx, userId)
        return tx.apiKey.deleteMany({ where: { id, userId } })
      })
      if (count === 0) throw new ApiKeyNotFound()
    },

    /** Deletes all keys of an account. @returns how many */
    removeAll: (userId: string): Promise<number> => access.change(async tx => {
      await holdAccount(tx, userId)
      const { count } = await tx.apiKey.deleteMany({ where: { userId } })
      return count
    }),

    /**
     * Keeps the account's key of Langflow's store, sealed.
     * @returns the Fernet token, as Langflow hands it to browsers
     */
    async saveStoreKey (userId: string, storeKey: string): Promise<string> {
      const sealed = box.encrypt(storeKey, secretContext(secretColumns.userStoreKey, userId, userId))
      await db.user.updateMany({ where: { id: userId }, data: { storeApiKey: sealed, updatedAt: clock() } })
      return box.tokenOf(sealed)
    }
  }
}

export type ApiKeys = ReturnType<typeof createApiKeys>
