import { randomUUID } from 'node:crypto'
import type { SecretBox } from '../../crypto/secret-box.ts'
import { generateSigningKey, type SigningAlgorithm, type SigningKeyPair } from '../../crypto/signing-keys.ts'
import type { Database, Transaction } from '../../db.ts'
import type { EventSink, EventSource } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { takeLock } from '../upkeep/locks.ts'
import {
  type KeyPlan, type NeededAlgorithm, planForSettings, planMissing, planRotation, type StoredKey
} from './key-plan.ts'
import { isPublished, type KeyState, PUBLISHED_AFTER_SECONDS, stateOf } from './key-times.ts'
import { type KeyRow, type ParseKeys, readKeyRows, readKeyRowsIn, sealPrivateKey } from './stored-keys.ts'

/** A key for people. */
export type KeySummary = {
  kid: string, algorithm: SigningAlgorithm, state: KeyState, source: 'generated' | 'LANGFLOW_PRIVATE_KEY'
  activatesAt: Date, retiresAt: Date | null
}

/** The keys that a rotation created and withdrew, and those that were created before and do not sign yet. */
export type KeyRotation = { created: KeySummary[], waiting: KeySummary[], withdrawn: string[] }

/** The source of events that no request caused. */
const server: EventSource = { actor: undefined }

type Plan = (keys: StoredKey[], now: Date) => KeyPlan

/** Why a key was created, as the event says it. */
type Reason = 'settings' | 'age' | 'command' | 'withdrawal'

type Dependencies = {
  run: Database['run']
  events: EventSink
  box: SecretBox
  clock: Clock
  parse: ParseKeys
  /** The key of LANGFLOW_PRIVATE_KEY. */
  own: SigningKeyPair | undefined
  needed: readonly NeededAlgorithm[]
  signingKeyDays: number
  /** Called after each change. */
  onChange: () => void
}

function summarize ({ kid, algorithm, activatesAt, retiresAt, privateKey }: KeyRow, now: Date): KeySummary {
  const source = privateKey === null ? 'LANGFLOW_PRIVATE_KEY' : 'generated'
  return { kid, algorithm, state: stateOf({ activatesAt, retiresAt }, now), source, activatesAt, retiresAt }
}

/** Creates, replaces and withdraws signing keys. One replica at a time changes them. */
export function createKeyRotation (
  { run, events, box, clock, parse, own, needed, signingKeyDays, onChange }: Dependencies
) {
  function toStored (rows: readonly KeyRow[]): StoredKey[] {
    const signers = new Set(parse(rows).filter(({ sign }) => sign).map(({ id }) => id))
    return rows.map(row => ({ ...row, canSign: signers.has(row.id) }))
  }

  async function prepare ({ algorithm, kid }: NeededAlgorithm, activatesAt: Date): Promise<KeyRow> {
    const id = randomUUID()
    const common = { id, algorithm, createdAt: clock(), activatesAt, retiresAt: null }
    if (own && kid === own.kid) return { ...common, kid, publicKey: own.publicKey, privateKey: null }
    const pair = await generateSigningKey(algorithm)
    return { ...common, kid: pair.kid, publicKey: pair.publicKey, privateKey: sealPrivateKey(box, id, pair.privateKey) }
  }

  async function insert (tx: Transaction, rows: readonly KeyRow[], source: EventSource, reason: Reason) {
    for (const row of rows) {
      const { kid, algorithm, publicKey, privateKey, activatesAt } = row
      await tx.signingKey.upsert({
        // The key of LANGFLOW_PRIVATE_KEY may return.
        where: { kid_algorithm: { kid, algorithm } },
        create: row,
        update: { publicKey, privateKey, activatesAt, retiresAt: null }
      })
      events.record(tx, source, 'signing_key_created', { kid, algorithm, activates_at: activatesAt, reason })
    }
  }

  /** Runs a change alone, and deletes keys whose tokens have all expired. */
  const alone = <T>(work: (tx: Transaction, now: Date) => Promise<T>): Promise<T> => events.transaction(async tx => {
    await takeLock(tx, 'signingKeys')
    const now = clock()
    const forgottenAt = new Date(now.getTime() - PUBLISHED_AFTER_SECONDS * 1000)
    await tx.signingKey.deleteMany({ where: { retiresAt: { lt: forgottenAt } } })
    return work(tx, now)
  }).finally(onChange)

  /** Keys are generated before the lock is taken. What another replica has created meanwhile is left out. */
  async function change (plan: Plan, source: EventSource, reason: Reason): Promise<KeyRow[]> {
    const { create, retire } = plan(toStored(await readKeyRows(run)), clock())
    if (create.length === 0 && retire.length === 0) return []
    const prepared = await Promise.all(create.map(each => prepare(each, each.activatesAt)))
    return alone(async (tx, now) => {
      const latest = plan(toStored(await readKeyRowsIn(tx)), now)
      const rows = latest.create.flatMap(({ algorithm, activatesAt }) => prepared
        .filter(row => row.algorithm === algorithm).map(row => ({ ...row, activatesAt })))
      await insert(tx, rows, source, reason)
      for (const { id, at } of latest.retire) await tx.signingKey.update({ where: { id }, data: { retiresAt: at } })
      return rows
    })
  }

  async function replaceAll (source: EventSource): Promise<{ rows: KeyRow[], withdrawn: string[] }> {
    const generated = needed.filter(({ kid }) => kid === undefined)
    const rows = await Promise.all(generated.map(each => prepare(each, clock())))
    return alone(async tx => {
      const old = (await readKeyRowsIn(tx)).filter(({ kid }) => kid !== own?.kid)
      await tx.signingKey.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } })
      const withdrawn = old.map(({ kid }) => kid)
      if (withdrawn.length > 0) events.record(tx, source, 'signing_keys_withdrawn', { kids: withdrawn })
      await insert(tx, rows, source, 'withdrawal')
      return { rows, withdrawn }
    })
  }

  async function replace (source: EventSource): Promise<{ rows: KeyRow[], withdrawn: string[] }> {
    return { rows: await change((keys, now) => planRotation(keys, needed, now), source, 'command'), withdrawn: [] }
  }

  return {
    /** Creates and retires keys as the settings require, at a start. One read if there is nothing to do. */
    ensure: async (): Promise<void> => {
      await change((keys, now) => planForSettings(keys, needed, now), server, 'settings')
    },

    /** Creates the keys that the settings require, if they have been deleted or retired since the start. */
    createMissing: async (): Promise<void> => {
      await change((keys, now) => planMissing(keys, needed, now), server, 'settings')
    },

    /** Replaces keys that have signed for LANGFLOW_SIGNING_KEY_DAYS. */
    rotateByAge: async (): Promise<void> => {
      await change((keys, now) => planRotation(keys, needed, now, { days: signingKeyDays }), server, 'age')
    },

    /** The published keys, the newest first. */
    list: async (): Promise<KeySummary[]> => {
      const now = clock()
      return (await readKeyRows(run)).filter(row => isPublished(row, now)).map(row => summarize(row, now))
    },

    /**
     * Replaces the generated keys. The new keys sign as soon as every verifier can know them.
     * @param withdraw for leaked keys: the new keys sign at once, and all other generated keys are deleted. Tokens that
     * they signed become invalid: here within a second, and at other services when they read the JWKS again.
     */
    async rotate (source: EventSource, { withdraw = false } = {}): Promise<KeyRotation> {
      const { rows, withdrawn } = withdraw ? await replaceAll(source) : await replace(source)
      const now = clock()
      const created = rows.map(row => summarize(row, now))
      const waiting = (await readKeyRows(run)).map(row => summarize(row, now))
        .filter(({ kid, state }) => state === 'next' && !created.some(each => each.kid === kid))
      return { created, waiting, withdrawn }
    }
  }
}
