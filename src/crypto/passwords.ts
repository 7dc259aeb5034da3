import { argon2id, hash, needsRehash, verify } from 'argon2'
import { createTurns } from './turns.ts'

/** Cost of a hash (RFC 9106), number of concurrent hashes, and length of the queue. */
export type HasherOptions = {
  memoryKib: number, iterations: number, parallelism: number, concurrency: number, queueMax: number
}

/** A password could not be hashed, for example because memory is short. Does not contain the password. */
export class HashingFailed extends Error {}

/** Memory, passes and lanes in the format of a PHC string: `m=19456,t=2,p=1`. */
export type HashCost = string

/**
 * Checks a password against a hash. Without a hash, returns false after a verification at the given or the current
 * cost.
 * @throws HashingFailed
 */
export type PasswordCheck = (phc: string | undefined, password: string, cost?: HashCost) => Promise<boolean>

/** argon2id with limited concurrency, because hashing is the only operation that needs much memory and time. */
export type PasswordHasher = Readonly<{
  /**
   * @param group key for fair queueing: groups take turns
   * @returns the hash in PHC string format
   * @throws TurnsBusy or HashingFailed
   */
  hash: (password: string, group: string) => Promise<string>
  /** Checks a password against a hash. @throws TurnsBusy or HashingFailed */
  verify: (phc: string, password: string, group: string) => Promise<boolean>
  /** Runs work that checks a password in one turn of the queue. @throws TurnsBusy or HashingFailed */
  inTurn: <T>(group: string, work: (check: PasswordCheck) => Promise<T>) => Promise<T>
  /** Whether the hash has a cost other than the current one. */
  needsRehash: (phc: string) => boolean
}>

const costs = '[mtp]=\\d+,[mtp]=\\d+,[mtp]=\\d+' // the order differs between libraries
const phcForm = new RegExp(`^\\$argon2id\\$v=\\d+\\$${costs}\\$[\\w+/]+\\$[\\w+/]+$`)
const costForm = new RegExp(`^${costs}$`)

/**
 * Normalizes a password, because keyboards compose characters differently (RFC 8265, 4.2.2; NIST SP 800-63B-4,
 * 3.1.1.2).
 */
const normalize = (password: string) => password.normalize('NFKC')

function read (cost: HashCost | undefined) {
  if (cost === undefined || !costForm.test(cost)) return {}
  const { m, t, p } = Object.fromEntries(cost.split(',').map(part => part.split('='))) as Record<string, string>
  return { memoryCost: Number(m), timeCost: Number(t), parallelism: Number(p) }
}

/** The bindings report failures of the library as plain errors. */
async function hashing<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new HashingFailed('a password could not be hashed', { cause })
  }
}

/** Creates the hasher of the process. */
export function createPasswordHasher (
  { memoryKib, iterations, parallelism, concurrency, queueMax }: HasherOptions): PasswordHasher {
  const current = { memoryCost: memoryKib, timeCost: iterations, parallelism, type: argon2id } as const
  const inTurn = createTurns({ concurrency, queueMax, groupMax: Math.ceil(queueMax / 2) })
  const decoys = new Map<HashCost | undefined, Promise<string>>()

  /** A hash that matches no password, created once per cost. */
  function decoy (cost: HashCost | undefined): Promise<string> {
    const made = decoys.get(cost) ?? hashing(() => hash('the password of no account', { ...current, ...read(cost) }))
    decoys.set(cost, made)
    made.catch(() => decoys.delete(cost))
    return made
  }

  const check: PasswordCheck = async (phc, password, cost) => {
    const stored = phc !== undefined && phcForm.test(phc) ? phc : undefined
    const against = stored ?? await decoy(cost)
    const isRight = await hashing(() => verify(against, normalize(password)))
    return isRight && stored !== undefined
  }

  return Object.freeze({
    hash: (password, group) => inTurn(group, () => hashing(() => hash(normalize(password), current))),
    verify: (phc, password, group) => inTurn(group, () => check(phc, password)),
    inTurn: (group, work) => inTurn(group, () => work(check)),
    needsRehash: phc => needsRehash(phc, current)
  })
}
