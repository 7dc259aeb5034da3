import { randomUUID } from 'node:crypto'
import { API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey } from '../../crypto/api-keys.ts'
import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Db, Transaction, Writes } from '../../db.ts'
import {
  ApiKeyNotFound, ApiKeyNotRotatable, SessionEnded, TooManyApiKeys, UnfitField, UserNotFound
} from '../../errors.ts'
import type { AccessCache } from '../access/access-cache.ts'
import {
  changeRestrictions, type RestrictionChanges, readRestrictions, writeRestrictions
} from '../../policy/api-keys/restrictions.ts'
import { type ApiKeyCredential, apiKeyOf, type Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import { type Clock, later } from '../upkeep/clock.ts'
import { lockAccount, lockOwnAccount } from '../upkeep/locks.ts'
import { currentKey, expiryWithin, limitDerived, requireDerived, requireOwn, requireWithin } from './derived-keys.ts'
import { apiKeyColumns, type PublicApiKey, storedColumns, type StoredKey } from './key-columns.ts'
import { type AskedSettings, checkRestrictions, type KeyOwner } from './key-settings.ts'
import { secretColumns, secretContext } from '../secrets/secret-columns.ts'

export type ApiKeyChanges = AskedSettings & { name?: string | undefined, isActive?: boolean | undefined }

/** A key and its plaintext, which is not stored. */
export type CreatedApiKey = { row: PublicApiKey, key: string }

/** The number of last characters that are stored. */
const SUFFIX_LENGTH = 4

const DAY_SECONDS = 86_400

const earliest = (one: Date | undefined, other: Date | undefined) =>
  one && other ? (one < other ? one : other) : one ?? other

/** Whether a change may reduce access. */
const reduces = ({ isActive, expiresAt, scopes, networks, rateLimit }: ApiKeyChanges) =>
  isActive === false || expiresAt !== undefined || scopes !== undefined || networks !== undefined ||
  rateLimit !== undefined

const unrestricted = { scopes: null, networks: null, rateLimit: null }

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

type NewKey = AskedSettings & { name: string | null }

/** The account whose keys change, and who changes them: the account, a superuser or the operator. */
export type OwnerAndCaller = { owner: KeyOwner, caller: Caller }

/** A key that is not stored yet. */
type Draft = StoredKey & { digest: string }

const createdFacts = ({ id, expiresAt, scopes }: StoredKey) => ({ subject: id, expires_at: expiresAt, scopes })

const ownerFacts = ({ owner, caller }: OwnerAndCaller) => owner.id === caller.actor.user.id ? {} : { owner: owner.id }

/** API keys: each belongs to one account. */
export function createApiKeys (
  { db, writes, clock, access, events, box, maxApiKeysPerUser, apiKeyMaxDays }: Dependencies
) {
  /** When a key that is created now expires at the latest. */
  const policyEnd = (now: Date) => apiKeyMaxDays === undefined ? undefined : later(now, apiKeyMaxDays * DAY_SECONDS)

  /** @throws UnfitField if the expiry is later than LANGFLOW_API_KEY_MAX_DAYS permits */
  function requireUnderPolicy (expiresAt: Date | undefined, now: Date) {
    const latest = policyEnd(now)
    if (!expiresAt || !latest || expiresAt <= latest) return
    throw new UnfitField('expires_at',
      `Expiry must be at most ${apiKeyMaxDays} days from now, before ${latest.toISOString()}`)
  }

  /** Locks the account of a key. @throws SessionEnded or UserNotFound if it was deleted */
  async function lockOwner (tx: Transaction, { owner, caller }: OwnerAndCaller) {
    if (owner.id === caller.actor.user.id) return lockOwnAccount(tx, owner.id)
    if (!await lockAccount(tx, owner.id)) throw new UserNotFound()
  }

  function draft (userId: string, name: string | null, settings: Pick<StoredKey, 'expiresAt' | 'madeById'>) {
    const key = generateApiKey()
    const row: Draft = {
      id: randomUUID(),
      userId,
      name,
      prefix: key.slice(0, API_KEY_SHOWN_LENGTH),
      suffix: key.slice(-SUFFIX_LENGTH),
      digest: digestApiKey(key),
      replacedById: null,
      createdAt: clock(),
      isActive: true,
      lastUsedAt: null,
      totalUses: 0n,
      ...writeRestrictions(unrestricted),
      rateCounterId: null,
      ...settings
    }
    return { row, key }
  }

  /** Stores a key. The account must be locked. @throws TooManyApiKeys */
  async function store (tx: Transaction, row: Draft) {
    const { count } = await tx.user.updateMany({
      where: { id: row.userId, apiKeyCount: { lt: maxApiKeysPerUser } }, data: { apiKeyCount: { increment: 1 } }
    })
    if (count === 0) throw new TooManyApiKeys()
    await tx.apiKey.create({ data: row })
  }

  /** The columns of a new key with the restrictions that were asked for. */
  function restricted (row: Draft, asked: RestrictionChanges): Draft {
    const restrictions = changeRestrictions(unrestricted, asked)
    return {
      ...row, ...writeRestrictions(restrictions), rateCounterId: restrictions.rateLimit && randomUUID()
    }
  }

  /**
   * Stores a key that another key creates: it has the restrictions of its creator and those that were asked for, and
   * counts towards the rate limit of its creator. Concurrent changes and deletions of the account's keys wait.
   */
  async function storeDerived (
    actingKey: ApiKeyCredential, row: Draft, asked: RestrictionChanges, caller: Caller
  ): Promise<Draft> {
    return events.transaction(async tx => {
      await lockOwnAccount(tx, row.userId)
      const creator = await currentKey(tx, actingKey)
      const restrictions = changeRestrictions(creator, asked)
      requireWithin(creator, restrictions)
      const limited = {
        ...row,
        ...writeRestrictions(restrictions),
        rateCounterId: creator.rateCounterId ?? (restrictions.rateLimit && randomUUID()),
        expiresAt: earliest(expiryWithin(creator, row.expiresAt ?? undefined), policyEnd(row.createdAt)) ?? null
      }
      await store(tx, limited)
      events.record(tx, caller, 'api_key_created', createdFacts(limited))
      return limited
    })
  }

  /** The key that takes the place of another one. Its maker is the maker of that key, which it outlives. */
  function successorOf (before: StoredKey, actingKey: ApiKeyCredential | undefined, now: Date) {
    const { userId, name, madeById, createdAt, expiresAt, rateCounterId } = before
    const lifetimeMs = expiresAt && expiresAt.getTime() - createdAt.getTime()
    // A person may create a key with the same lifetime. A key cannot prolong its own access.
    const renewed = actingKey || lifetimeMs === null ? expiresAt ?? undefined : new Date(now.getTime() + lifetimeMs)
    const { row, key } = draft(userId, name, { madeById, expiresAt: earliest(renewed, policyEnd(now)) ?? null })
    return { row: { ...row, ...writeRestrictions(readRestrictions(before)), rateCounterId }, key }
  }

  return {
    /**
     * Creates a key. Its plaintext is in the result only.
     * @throws TooManyApiKeys; InvalidFields naming what is wrong; with an API key also StrongerApiKey or InvalidApiKey
     */
    async create (
      { owner, caller }: OwnerAndCaller, { name, expiresAt: asked, ...settings }: NewKey
    ): Promise<CreatedApiKey> {
      const actingKey = apiKeyOf(caller.actor)
      const now = clock()
      if (asked && asked <= now) throw new UnfitField('expires_at', 'Expiry must be in the future')
      const restrictions = checkRestrictions(owner, settings)
      requireUnderPolicy(asked, now)
      const { row, key } = draft(owner.id, name, { expiresAt: asked ?? null, madeById: actingKey?.id ?? null })
      if (actingKey) return { row: await storeDerived(actingKey, row, restrictions, caller), key }
      const whole = { ...restricted(row, restrictions), expiresAt: asked ?? policyEnd(now) ?? null }
      if (!await writes.insertApiKey({ ...whole, max: maxApiKeysPerUser })) {
        const exists = await db.user.count({ where: { id: owner.id } }) > 0
        throw exists ? new TooManyApiKeys() : new SessionEnded() // the account was deleted meanwhile
      }
      events.record(undefined, caller, 'api_key_created', { ...createdFacts(whole), ...ownerFacts({ owner, caller }) })
      return { row: whole, key }
    },

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
    update ({ owner, caller }: OwnerAndCaller, id: string, changes: ApiKeyChanges): Promise<PublicApiKey> {
      const { name, isActive, expiresAt } = changes
      const restrictions = checkRestrictions(owner, changes)
      requireUnderPolicy(expiresAt, clock())
      return access.change(async tx => {
        const actingKey = apiKeyOf(caller.actor)
        await lockOwner(tx, { owner, caller })
        const before = await tx.apiKey.findFirst({ where: { id, userId: owner.id }, select: storedColumns })
        if (!before) throw new ApiKeyNotFound()
        const after = changeRestrictions(readRestrictions(before), restrictions)
        const acting = actingKey && await currentKey(tx, actingKey)
        if (acting) requireDerived(acting, before, { isActive, expiresAt, after })
        const counterId = before.rateCounterId ?? acting?.rateCounterId ?? randomUUID()
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
          ...ownerFacts({ owner, caller })
        })
        return row
      })
    },

    /**
     * Creates a key with the settings of another one, which expires after `overlapSeconds`, if not earlier. The keys
     * that it created belong to the new one. An API key rotates itself and keys it created, without prolonging them.
     * @throws ApiKeyNotFound, ApiKeyNotRotatable or TooManyApiKeys; with an API key also StrongerApiKey or
     * InvalidApiKey
     */
    rotate: (
      { owner, caller }: OwnerAndCaller, id: string, overlapSeconds: number
    ): Promise<CreatedApiKey & { previous: PublicApiKey }> => access.change(async tx => {
      const actingKey = apiKeyOf(caller.actor)
      await lockOwner(tx, { owner, caller })
      const before = await tx.apiKey.findFirst({ where: { id, userId: owner.id }, select: storedColumns })
      if (!before) throw new ApiKeyNotFound()
      if (actingKey) requireOwn(await currentKey(tx, actingKey), before)
      if (before.replacedById) throw new ApiKeyNotRotatable(`The API key was rotated into ${before.replacedById}`)
      if (!before.isActive) throw new ApiKeyNotRotatable('The API key is inactive: activate it, or create another one')
      const now = clock()
      if (actingKey && before.expiresAt && before.expiresAt <= now) {
        throw new ApiKeyNotRotatable('The API key has expired: create another one')
      }
      const { row, key } = successorOf(before, actingKey, now)
      await store(tx, row)
      const end = later(now, overlapSeconds)
      const previous = await tx.apiKey.update({
        where: { id },
        data: { replacedById: row.id, expiresAt: before.expiresAt && before.expiresAt < end ? before.expiresAt : end },
        select: apiKeyColumns
      })
      await tx.apiKey.updateMany({ where: { madeById: id }, data: { madeById: row.id } })
      events.record(tx, caller, 'api_key_rotated', {
        subject: id, replaced_by: row.id, expires_at: previous.expiresAt, ...ownerFacts({ owner, caller })
      })
      return { row, key, previous }
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
