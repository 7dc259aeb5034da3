import type { SigningAlgorithm } from '../../crypto/signing-keys.ts'
import { isDue, type KeyTimes, later, PUBLISHED_AHEAD_SECONDS, stateOf } from './key-times.ts'

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

/**
 * The changes that the settings require: a key for each needed algorithm, and no other key that signs. A new key is
 * published before it signs, unless no other key could sign meanwhile. The key of LANGFLOW_PRIVATE_KEY signs at once,
 * because this process no longer has its predecessor.
 */
export function planForSettings (
  keys: readonly StoredKey[], needed: readonly NeededAlgorithm[], now: Date
): KeyPlan {
  const create = needed.flatMap(each => {
    const candidates = lasting(keys).filter(({ algorithm }) => algorithm === each.algorithm)
    const exists = each.kid === undefined
      ? candidates.some(({ canSign }) => canSign)
      : candidates.some(({ kid }) => kid === each.kid)
    if (exists) return []
    const waits = each.kid === undefined && hasSigner(keys, now)
    return [{ ...each, activatesAt: waits ? later(now, PUBLISHED_AHEAD_SECONDS) : now }]
  })
  const replacedAt = create.reduce((latest, { activatesAt }) => activatesAt > latest ? activatesAt : latest, now)
  const stays = ({ algorithm, kid, canSign }: StoredKey) => {
    const need = needed.find(each => each.algorithm === algorithm)
    return need !== undefined && (need.kid === undefined ? canSign : need.kid === kid)
  }
  const retire = lasting(keys).filter(key => !stays(key))
    .map(({ id, canSign }) => ({ id, at: canSign ? replacedAt : now }))
  return { create, retire }
}

/**
 * The replacement of the keys that this server generated.
 * @param days only keys that have signed for so many days are replaced
 */
export function planRotation (
  keys: readonly StoredKey[], needed: readonly NeededAlgorithm[], now: Date, { days = 0 } = {}
): KeyPlan {
  const activatesAt = later(now, PUBLISHED_AHEAD_SECONDS)
  const plans = needed.filter(({ kid }) => kid === undefined).map(each => {
    const ours = lasting(keys).filter(({ algorithm, canSign }) => algorithm === each.algorithm && canSign)
    const isReplaced = ours.some(key => stateOf(key, now) === 'next')
    if (isReplaced || !ours.every(key => days === 0 || isDue(key, days, now))) return { create: [], retire: [] }
    return { create: [{ ...each, activatesAt }], retire: ours.map(({ id }) => ({ id, at: activatesAt })) }
  })
  return { create: plans.flatMap(plan => plan.create), retire: plans.flatMap(plan => plan.retire) }
}
