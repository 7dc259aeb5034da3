import type { SigningAlgorithm } from '../../crypto/signing-keys.ts'
import { later } from '../upkeep/clock.ts'
import { isDue, type KeyTimes, PUBLISHED_AHEAD_SECONDS, stateOf } from './key-times.ts'

/** An algorithm that the settings require. `kid` is the key of LANGFLOW_PRIVATE_KEY, if it signs with the algorithm. */
export type NeededAlgorithm = Readonly<{ algorithm: SigningAlgorithm, kid: string | undefined }>

/** What a plan needs to know about a stored key. `canSign`: its private part can be decrypted. */
export type StoredKey = KeyTimes & Readonly<{ id: string, kid: string, algorithm: string, canSign: boolean }>

/** Keys to create, with the moment at which each begins to sign, and keys to retire. */
export type KeyPlan = {
  create: Array<NeededAlgorithm & { activatesAt: Date }>
  retire: Array<{ id: string, at: Date }>
}

/** Keys that sign, or will sign. */
const lasting = (keys: readonly StoredKey[]) => keys.filter(({ retiresAt }) => retiresAt === null)

/** Whether any key signs now. Until a new key is active, that key signs, whatever its algorithm is. */
const hasSigner = (keys: readonly StoredKey[], now: Date) =>
  keys.some(key => key.canSign && stateOf(key, now) === 'active')

/** Whether a key signs tokens of the settings. */
const isFor = ({ algorithm, kid, canSign }: StoredKey, needed: NeededAlgorithm) =>
  canSign && algorithm === needed.algorithm && (needed.kid === undefined || kid === needed.kid)

const isNeeded = (key: StoredKey, needed: readonly NeededAlgorithm[]) => needed.some(each => isFor(key, each))

/** Whether a key must be created. A generated key needs a successor before it ends; that of the settings has none. */
const isMissing = (keys: readonly StoredKey[], needed: NeededAlgorithm, now: Date) =>
  !keys.some(key => isFor(key, needed) && (needed.kid === undefined
    ? key.retiresAt === null
    : stateOf(key, now) !== 'retired'))

/**
 * Creates the keys that the settings require and that do not exist. A new key is published before it signs, unless no
 * other key could sign meanwhile. The key of LANGFLOW_PRIVATE_KEY signs at once, because this process no longer has its
 * predecessor.
 */
export function planMissing (keys: readonly StoredKey[], needed: readonly NeededAlgorithm[], now: Date): KeyPlan {
  const create = needed.filter(each => isMissing(keys, each, now)).map(each => {
    const waits = each.kid === undefined && hasSigner(keys, now)
    return { ...each, activatesAt: waits ? later(now, PUBLISHED_AHEAD_SECONDS) : now }
  })
  return { create, retire: [] }
}

/**
 * The changes at a start: keys that are missing, and the end of keys that this process cannot sign with. Other keys
 * stay, even if the settings do not require them: during a rolling update, replicas with other settings sign with them.
 * A replica that needs a key which was retired here creates it again.
 */
export function planForSettings (
  keys: readonly StoredKey[], needed: readonly NeededAlgorithm[], now: Date
): KeyPlan {
  const { create } = planMissing(keys, needed, now)
  const retire = lasting(keys).filter(({ canSign }) => !canSign)
    .map(({ id }) => ({ id, at: later(now, PUBLISHED_AHEAD_SECONDS) }))
  return { create, retire }
}

/**
 * The replacement of the keys that this server generated. Keys that the settings do not require end without one.
 * @param days only keys that have signed for so many days are replaced
 */
export function planRotation (
  keys: readonly StoredKey[], needed: readonly NeededAlgorithm[], now: Date, { days = 0 } = {}
): KeyPlan {
  const activatesAt = later(now, PUBLISHED_AHEAD_SECONDS)
  const isOld = (key: StoredKey) => days === 0 || isDue(key, days, now)
  const plans = needed.filter(({ kid }) => kid === undefined).map(each => {
    const ours = lasting(keys).filter(key => isFor(key, each))
    const isReplaced = ours.some(key => stateOf(key, now) === 'next')
    if (isReplaced || !ours.every(isOld)) return { create: [], retire: [] }
    return { create: [{ ...each, activatesAt }], retire: ours.map(({ id }) => ({ id, at: activatesAt })) }
  })
  const unneeded = lasting(keys).filter(key => key.canSign && !isNeeded(key, needed) && isOld(key))
    .map(({ id }) => ({ id, at: activatesAt }))
  return { create: plans.flatMap(plan => plan.create), retire: [...plans.flatMap(plan => plan.retire), ...unneeded] }
}
