import type { Db, Transaction, Writes } from '../../db.ts'
import { ApiKeyNotFound, ApiKeyNotRotatable, SessionEnded, TooManyApiKeys, UnfitField } from '../../errors.ts'
import {
  changeRestrictions, type RestrictionChanges, readRestrictions, unrestricted
} from '../../policy/api-keys/restrictions.ts'
import type { AccessCache } from '../access/access-cache.ts'
import { type ApiKeyCredential, apiKeyOf } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import { type Clock, later } from '../upkeep/clock.ts'
import { currentKey, expiryWithin, requireOwn, requireWithin } from './derived-keys.ts'
import { apiKeyColumns, type PublicApiKey, storedColumns, type StoredKey } from './key-columns.ts'
import { type Draft, draftKey } from './key-drafts.ts'
import type { ExpiryPolicy } from './key-expiry.ts'
import { type KeyOwner, lockOwner, type OwnerAndCaller, ownerFacts } from './key-owners.ts'
import { type AskedSettings, checkRestrictions } from './key-settings.ts'

/** A key and its plaintext, which is not stored. */
export type CreatedApiKey = { row: PublicApiKey, key: string }

type NewKey = AskedSettings & { name: string | null }

type Dependencies = {
  db: Db
  writes: Writes
  clock: Clock
  access: AccessCache
  events: EventSink
  expiryPolicy: ExpiryPolicy
  maxApiKeysPerUser: number
}

const createdFacts = ({ id, expiresAt, scopes }: StoredKey) => ({ subject: id, expires_at: expiresAt, scopes })

/** Creates API keys, and replaces them by others with the same settings. */
export function createNewKeys (
  { db, writes, clock, access, events, expiryPolicy, maxApiKeysPerUser }: Dependencies
) {
  /** Checks the settings of a new key. @throws InvalidFields naming what is wrong */
  function checkNew (
    owner: Pick<KeyOwner, 'isSuperuser'>, { expiresAt, ...settings }: AskedSettings, now = clock()
  ): RestrictionChanges {
    if (expiresAt && expiresAt <= now) throw new UnfitField('expires_at', 'Expiry must be in the future')
    const restrictions = checkRestrictions(owner, settings)
    expiryPolicy.require(expiresAt, now)
    return restrictions
  }

  /** Stores a key. The account must be locked. @throws TooManyApiKeys */
  async function store (tx: Transaction, row: Draft) {
    const { count } = await tx.user.updateMany({
      where: { id: row.userId, apiKeyCount: { lt: maxApiKeysPerUser } }, data: { apiKeyCount: { increment: 1 } }
    })
    if (count === 0) throw new TooManyApiKeys()
    await tx.apiKey.create({ data: row })
  }

  type Asked = { name: string | null, expiresAt: Date | undefined, restrictions: RestrictionChanges, createdAt: Date }

  /**
   * Creates a key for another key: it has the restrictions of its creator and those that are asked for. Its requests
   * also count towards the rate limit of its creator. Concurrent changes and deletions of the account's keys wait.
   */
  const createDerived = (
    who: OwnerAndCaller, actingKey: ApiKeyCredential, { restrictions: asked, expiresAt, ...settings }: Asked
  ): Promise<CreatedApiKey> => events.transaction(async tx => {
    await lockOwner(tx, who)
    const creator = await currentKey(tx, actingKey)
    const restrictions = changeRestrictions(creator, asked)
    requireWithin(creator, restrictions)
    const { row, key } = draftKey({
      ...settings,
      userId: who.owner.id,
      madeById: creator.id,
      expiresAt: expiryPolicy.limit(expiryWithin(creator, expiresAt), settings.createdAt),
      restrictions,
      counterId: null
    })
    await store(tx, row)
    events.record(tx, who.caller, 'api_key_created', createdFacts(row))
    return { row, key }
  })

  /** The key that takes the place of another one. Its maker is the maker of that key, which it outlives. */
  function successorOf (before: StoredKey, actingKey: ApiKeyCredential | undefined, now: Date) {
    const { userId, name, madeById, createdAt, expiresAt, rateCounterId: counterId } = before
    const lifetimeMs = expiresAt && expiresAt.getTime() - createdAt.getTime()
    // A person may create a key with the same lifetime. A key cannot prolong its own access.
    const end = actingKey || lifetimeMs === null ? expiresAt ?? undefined : new Date(now.getTime() + lifetimeMs)
    return draftKey({
      userId,
      name,
      madeById,
      createdAt: now,
      expiresAt: expiryPolicy.limit(end, now),
      restrictions: readRestrictions(before),
      counterId
    })
  }

  return {
    /** Checks the settings of a key that its owner is to create. @throws InvalidFields naming what is wrong */
    checkNew: (owner: Pick<KeyOwner, 'isSuperuser'>, settings: AskedSettings): void => { checkNew(owner, settings) },

    /**
     * Creates a key. Its plaintext is in the result only.
     * @throws TooManyApiKeys; InvalidFields naming what is wrong; with an API key also StrongerApiKey or InvalidApiKey
     */
    async create (who: OwnerAndCaller, { name, expiresAt, ...settings }: NewKey): Promise<CreatedApiKey> {
      const { owner, caller } = who
      const actingKey = apiKeyOf(caller.actor)
      const now = clock()
      const asked = { name, expiresAt, restrictions: checkNew(owner, { expiresAt, ...settings }, now), createdAt: now }
      if (actingKey) return createDerived(who, actingKey, asked)
      const { row, key } = draftKey({
        ...asked,
        userId: owner.id,
        madeById: null,
        expiresAt: expiryPolicy.limit(expiresAt, now),
        restrictions: changeRestrictions(unrestricted, asked.restrictions),
        counterId: null
      })
      if (!await writes.insertApiKey({ ...row, max: maxApiKeysPerUser })) {
        const exists = await db.user.count({ where: { id: owner.id } }) > 0
        throw exists ? new TooManyApiKeys() : new SessionEnded() // the account was deleted meanwhile
      }
      events.record(undefined, caller, 'api_key_created', { ...createdFacts(row), ...ownerFacts(who) })
      return { row, key }
    },

    /**
     * Creates a key with the settings of another one, which expires after `overlapSeconds`, if not earlier. The keys
     * that it created belong to the new one. An API key rotates itself and keys it created, without prolonging them.
     * @throws ApiKeyNotFound, ApiKeyNotRotatable or TooManyApiKeys; with an API key also StrongerApiKey or
     * InvalidApiKey
     */
    rotate: (
      who: OwnerAndCaller, id: string, overlapSeconds: number
    ): Promise<CreatedApiKey & { previous: PublicApiKey }> => access.change(async tx => {
      const { owner, caller } = who
      const actingKey = apiKeyOf(caller.actor)
      await lockOwner(tx, who)
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
        subject: id, replaced_by: row.id, expires_at: previous.expiresAt, ...ownerFacts(who)
      })
      return { row, key, previous }
    })
  }
}
