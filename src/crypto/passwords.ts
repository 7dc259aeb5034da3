import { argon2id, hash, needsRehash, verify } from 'argon2'
import { createTurns } from './turns.ts'

/** Cost of a hash (RFC 9106), how many may run at once and how many may wait. */
export type HasherOptions = {
  memoryKib: number, iterations: number, parallelism: number, concurrency: number, queueMax: number
}

/** A password could not be hashed, for example because there is no memory for it. It says nothing of the password. */
export class HashingFailed extends Error {}

/** Memory, passes and lanes as a PHC string has them: `m=19456,t=2,p=1`. */
export type HashCost = string

/**
 * Whether the password has that hash. Without a hash the answer is no, at the given cost or at the current one.
 * @throws HashingFailed
 */
export type PasswordCheck = (phc: string | undefined, password: string, cost?: HashCost) => Promise<boolean>

/** argon2id within bounds: hashing is the one operation here that costs real memory and time. */
export type PasswordHasher = Readonly<{
  /**
   * @param group whose work it is: groups take turns
   * @returns the hash in PHC string format
   * @throws TurnsBusy or HashingFailed
   */
  hash: (password: string, group: string) => Promise<string>
  /** Whether the password has that hash. @throws TurnsBusy or HashingFailed */
  verify: (phc: string, password: string, group: string) => Promise<boolean>
  /** Lends one turn of the queue to work that checks a password. @throws TurnsBusy or HashingFailed */
  inTurn: <T>(group: string, work: (check: PasswordCheck) => Promise<T>) => Promise<T>
  /** Whether the hash was made at another cost than the current one. */
  needsRehash: (phc: string) => boolean
}>

const costs = '[mtp]=\\d+,[mtp]=\\d+,[mtp]=\\d+' // the order differs between libraries
const phcForm = new RegExp(`^\\$argon2id\\$v=\\d+\\$${costs}\\$[\\w+/]+\\$[\\w+/]+$`)
const costForm = new RegExp(`^${costs}$`)

/** One spelling per password, however a keyboard composes it (RFC 8265, 4.2.2; NIST SP 800-63B-4, 3.1.1.2). */
const normalize = (password: string) => password.normalize('NFKC')

function read (cost: HashCost | undefined) {
  if (cost === undefined || !costForm.test(cost)) return {}
  const { m, t, p } = Object.fromEntries(cost.split(',').map(part => part.split('='))) as Record<string, string>
  return { memoryCost: Number(m), timeCost: Number(t), parallelism: Number(p) }
}

/** The bindings report what went wrong in the library in plain errors. */
async function hashing<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new HashingFailed('a password could not be hashed', { cause })
  }
}

/** The hasher of a process. */
export function createPasswordHasher (
  { memoryKib, iterations, parallelism, concurrency, queueMax }: HasherOptions): PasswordHasher {
  const current = { memoryCost: memoryKib, timeCost: iterations, parallelism, type: argon2id } as const
  const inTurn = createTurns({ concurrency, queueMax, groupMax: Math.ceil(queueMax / 2) })
  const decoys = new Map<HashCost | undefined, Promise<string>>()

  /** A hash that no password has, made once for each cost. */
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
