import { randomUUID } from 'node:crypto'
import { API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey } from '../crypto/api-keys.ts'
import type { SecretBox } from '../crypto/secret-box.ts'
import type { Db, Prisma, Writes } from '../db.ts'
import { ApiKeyNotFound, SessionEnded, StrongerApiKey, TooManyApiKeys } from '../errors.ts'
import type { Access } from './access.ts'
import type { Clock } from './clock.ts'
import { holdAccount } from './locks.ts'
import type { Principal } from './principals.ts'
import { secretColumns, secretContext } from './secret-columns.ts'

/** What may be shown of a key; its digest is read by the request path alone. */
export const apiKeyColumns = {
  id: true,
  userId: true,
  name: true,
  prefix: true,
  suffix: true,
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
type KeyOwner = { user: { id: string }, apiKey?: Principal['apiKey'] }

/** A key made or changed by another key does not outlive it. */
function bounded (expiresAt: Date | undefined, { apiKey }: KeyOwner): Date | undefined {
  const limit = apiKey?.expiresAt
  if (!limit) return expiresAt
  if (expiresAt && expiresAt > limit) throw new StrongerApiKey()
  return expiresAt ?? limit
}

/** API keys: each belongs to the account that made it, and to nobody else. */
export function createApiKeys ({ db, writes, clock, access, box, maxApiKeysPerUser }: Dependencies) {
  return {
    /**
     * Makes a key. Its plaintext exists only in what this returns.
     * @throws TooManyApiKeys, or StrongerApiKey when a key asks for one that outlives it
     */
    async create (
      owner: KeyOwner, { name, expiresAt }: { name: string | null, expiresAt?: Date | undefined }
    ): Promise<{ row: PublicApiKey, key: string }> {
      const { user: { id: userId } } = owner
      const key = generateApiKey()
      const expiry = bounded(expiresAt, owner)
      const row = {
        id: randomUUID(),
        userId,
        name,
        prefix: key.slice(0, API_KEY_SHOWN_LENGTH),
        suffix: key.slice(-SUFFIX_LENGTH),
        createdAt: clock(),
        expiresAt: expiry ?? null
      }
      const isStored = await writes.insertApiKey({ ...row, digest: digestApiKey(key), max: maxApiKeysPerUser })
      if (isStored) return { row: { ...row, isActive: true, lastUsedAt: null, totalUses: 0n }, key }
      const isThere = await db.user.count({ where: { id: userId } }) > 0
      throw isThere ? new TooManyApiKeys() : new SessionEnded() // deleted while it asked
    },

    /** All keys of an account, the oldest first. */
    list: (userId: string): Promise<PublicApiKey[]> => db.apiKey.findMany({
      where: { userId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: apiKeyColumns
    }),

    /** Renames, switches on or off, or moves the expiry. @throws ApiKeyNotFound or StrongerApiKey */
    async update (owner: KeyOwner, id: string, changes: ApiKeyChanges): Promise<PublicApiKey> {
      const expiresAt = changes.expiresAt && bounded(changes.expiresAt, owner)
      const [row] = await access.change(tx => tx.apiKey.updateManyAndReturn({
        where: { id, userId: owner.user.id }, data: { ...changes, expiresAt }, select: apiKeyColumns
      }))
      if (!row) throw new ApiKeyNotFound()
      return row
    },

    /** @throws ApiKeyNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const { count } = await access.change(async tx => {
        // The count of the account's keys changes by it: the account first, as whoever deletes all of it does.
        await holdAccount(tx, userId)
        return tx.apiKey.deleteMany({ where: { id, userId } })
      })
      if (count === 0) throw new ApiKeyNotFound()
    },

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
