import type { SecretBox } from '../../crypto/secret-box.ts'
import { readSigningKey, type SigningAlgorithm, toPublicJwk } from '../../crypto/signing-keys.ts'
import type { Database } from '../../db.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { NeededAlgorithm } from './key-plan.ts'
import { createKeyRotation } from './key-rotation.ts'
import { isDue, isPublished, stateOf } from './key-times.ts'
import { createKeyParser, readKeyRows, type SigningKey } from './stored-keys.ts'

/** The published keys, the newest first, and their JWKS (RFC 7517, 5) as JSON. */
export type KeySet = Readonly<{ keys: readonly SigningKey[], jwks: string }>

/** For how long a loaded set is used: every replica knows a change within this time. */
const TTL_MS = 1000

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
  /** Called when the rotation by age failed. It is tried again. */
  onError: (cause: unknown) => void
}

/** The algorithms that the settings require, each once. */
function neededAlgorithms (
  { algorithm, identityAlgorithm, identityAudiences }: SigningSettings, kid: string | undefined
): NeededAlgorithm[] {
  const forAccess = algorithm === 'HS256' ? [] : [{ algorithm, kid }]
  const isIncluded = identityAudiences.length === 0 || identityAlgorithm === algorithm
  return isIncluded ? forAccess : [...forAccess, { algorithm: identityAlgorithm, kid: undefined }]
}

/** The signing keys in the database, as this process uses them. */
export function createSigningKeys ({ privateKey, onError, ...dependencies }: Dependencies) {
  const { run, box, clock, signingKeyDays } = dependencies
  const own = privateKey === undefined ? undefined : readSigningKey(privateKey)
  const needed = neededAlgorithms(dependencies, own?.kid)
  const parse = createKeyParser(box, own)
  let loaded: { set: KeySet, atMs: number } | undefined
  let loading: Promise<KeySet> | undefined
  let rotating: Promise<void> | undefined
  const rotation = createKeyRotation({
    ...dependencies, parse: createKeyParser(box, own), own, needed, onChange: () => { loaded = undefined }
  })

  function isOld ({ keys }: KeySet): boolean {
    const now = clock()
    return needed.filter(({ kid }) => kid === undefined).some(({ algorithm }) => {
      const ours = keys.filter(key => key.algorithm === algorithm && key.retiresAt === null)
      return ours.some(key => isDue(key, signingKeyDays, now)) && !ours.some(key => stateOf(key, now) === 'next')
    })
  }

  async function load (): Promise<KeySet> {
    const now = clock()
    const keys = parse((await readKeyRows(run)).filter(row => isPublished(row, now)))
    const set = { keys, jwks: JSON.stringify({ keys: keys.map(toPublicJwk) }) }
    loaded = { set, atMs: performance.now() }
    if (isOld(set)) rotating ??= rotation.rotateByAge().catch(onError).finally(() => { rotating = undefined })
    return set
  }

  return {
    ...rotation,

    /** The algorithms that the settings require. `kid` is the key of LANGFLOW_PRIVATE_KEY. */
    needed,

    /** The keys as they were at most one second ago. Concurrent calls share one query. */
    current (): KeySet | Promise<KeySet> {
      if (loaded && performance.now() - loaded.atMs < TTL_MS) return loaded.set
      loading ??= load().finally(() => { loading = undefined })
      return loading
    }
  }
}

export type SigningKeys = ReturnType<typeof createSigningKeys>
