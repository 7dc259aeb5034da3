import type { SecretBox } from '../../crypto/secret-box.ts'
import { readSigningKey, type SigningAlgorithm } from '../../crypto/signing-keys.ts'
import type { Database } from '../../db.ts'
import type { EventSink } from '../audit/sink.ts'
import { type Clock, later } from '../upkeep/clock.ts'
import { type KeyPlan, type NeededAlgorithm, planMissing, planRotation } from './key-plan.ts'
import { createKeyRotation } from './key-rotation.ts'
import { isPublished } from './key-times.ts'
import { createKeyParser, readKeyRows, type SigningKey } from './stored-keys.ts'

/**
 * The published keys, the newest first, and their JWKS (RFC 7517, 5) as JSON. After `usableUntil`, no result of the set
 * may be used: a key may have been withdrawn.
 */
export type KeySet = Readonly<{ keys: readonly SigningKey[], jwks: string, usableUntil: Date }>

/** For how long a loaded set is used: every replica knows a change within this time. */
const TTL_MS = 1000

/** The pause after a key could not be replaced. Generating an RSA key takes a noticeable part of a second. */
const RETRY_MS = 60_000

type SigningSettings = {
  /** The algorithm of access tokens. */
  algorithm: 'HS256' | SigningAlgorithm
  identityAlgorithm: SigningAlgorithm
  identityAudiences: readonly string[]
}

type Dependencies = SigningSettings & {
  run: Database['run']
  events: EventSink
  box: SecretBox
  clock: Clock
  /** LANGFLOW_PRIVATE_KEY. */
  privateKey?: string | undefined
  signingKeyDays: number
  /** Called when a key is damaged, or when one could not be replaced. */
  onError: (cause: unknown, problem: string) => void
}

/** The algorithms that the settings require, each once. */
function neededAlgorithms (
  { algorithm, identityAlgorithm, identityAudiences }: SigningSettings, kid: string | undefined
): NeededAlgorithm[] {
  const forAccess = algorithm === 'HS256' ? [] : [{ algorithm, kid }]
  const isIncluded = identityAudiences.length === 0 || identityAlgorithm === algorithm
  return isIncluded ? forAccess : [...forAccess, { algorithm: identityAlgorithm, kid: undefined }]
}

const isEmpty = ({ create, retire }: KeyPlan) => create.length === 0 && retire.length === 0

/** The signing keys in the database, as this process uses them. */
export function createSigningKeys ({ privateKey, onError, ...dependencies }: Dependencies) {
  const { run, box, clock, signingKeyDays } = dependencies
  const own = privateKey === undefined ? undefined : readSigningKey(privateKey)
  const needed = neededAlgorithms(dependencies, own?.kid)
  const onDamaged = (kid: string, cause: unknown) =>
    onError(cause, `the stored signing key ${kid} is damaged and not used`)
  const parse = createKeyParser(box, own, onDamaged)
  let loaded: { set: KeySet, atMs: number } | undefined
  let loading: Promise<KeySet> | undefined
  let renewing: Promise<void> | undefined
  let renewalFailedAtMs = -Infinity
  let creating: Promise<void> | undefined

  function forget () {
    loaded = undefined
    loading = undefined
  }

  const rotation = createKeyRotation({
    ...dependencies, parse: createKeyParser(box, own, () => {}), own, needed, onChange: forget
  })

  /** Creates missing keys, once for all callers. */
  function createMissing (): Promise<void> {
    creating ??= rotation.createMissing().finally(() => { creating = undefined })
    return creating
  }

  /** Starts what the keys need: another replica may have retired them, or they are old. */
  function renew (keys: readonly SigningKey[]) {
    if (renewing || performance.now() - renewalFailedAtMs < RETRY_MS) return
    const now = clock()
    const stored = keys.map(key => ({ ...key, canSign: key.sign !== undefined }))
    const isMissing = !isEmpty(planMissing(stored, needed, now))
    if (!isMissing && isEmpty(planRotation(stored, needed, now, { days: signingKeyDays }))) return
    renewing = (isMissing ? createMissing() : rotation.rotateByAge())
      .catch(cause => {
        renewalFailedAtMs = performance.now()
        onError(cause, 'failed to replace a signing key; the next attempt is in a minute')
      })
      .finally(() => { renewing = undefined })
  }

  async function read (): Promise<KeySet> {
    const readAt = clock()
    const keys = parse((await readKeyRows(run)).filter(row => isPublished(row, readAt)))
    const jwks = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
    return { keys, jwks, usableUntil: later(readAt, TTL_MS / 1000) }
  }

  function load (): Promise<KeySet> {
    const atMs = performance.now()
    const reading = read().then(set => {
      // After a change meanwhile, the set is not used again.
      if (loading === reading) loaded = { set, atMs }
      renew(set.keys)
      return set
    }).finally(() => { if (loading === reading) loading = undefined })
    loading = reading
    return reading
  }

  return {
    ...rotation,

    createMissing,

    /** The algorithms that the settings require. `kid` is the key of LANGFLOW_PRIVATE_KEY. */
    needed,

    /** The keys as they were at most one second ago. Concurrent calls share one query. */
    current (): KeySet | Promise<KeySet> {
      if (loaded && performance.now() - loaded.atMs < TTL_MS) return loaded.set
      return loading ?? load()
    }
  }
}

export type SigningKeys = ReturnType<typeof createSigningKeys>
