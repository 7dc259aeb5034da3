import { argon2id, hash, needsRehash, verify } from 'argon2'
import pLimit from 'p-limit'

/** Cost of a hash (RFC 9106), how many may run at once and how many may wait. */
export type HasherOptions = {
  memoryKib: number, iterations: number, parallelism: number, concurrency: number, queueMax: number
}

/** Too many hashes are waiting already. */
export class HasherBusy extends Error {}

/** Whether the password has that hash; without a hash it costs the same, and is a no. */
type Check = (phc: string | undefined, password: string) => Promise<boolean>

/** argon2id under a bound: hashing is the one thing here that costs real memory and time. */
export type PasswordHasher = Readonly<{
  /** @returns the hash in PHC string format @throws HasherBusy */
  hash: (password: string) => Promise<string>
  /** Whether the password has that hash; no hash at all is a no. @throws HasherBusy */
  verify: (phc: string, password: string) => Promise<boolean>
  /**
   * Lends one turn of the queue to work that checks a password: what it looks up before, no other check that runs at
   * the same time has changed. @throws HasherBusy
   */
  inTurn: <T>(work: (check: Check) => Promise<T>) => Promise<T>
  /** Whether the hash was made at another cost than the present one. */
  needsRehash: (phc: string) => boolean
}>

/** One spelling per password, however a keyboard composes it (RFC 8265, 4.2.2; NIST SP 800-63B-4, 3.1.1.2). */
const normalize = (password: string) => password.normalize('NFKC')

/** The hasher of a process. */
export function createPasswordHasher (
  { memoryKib, iterations, parallelism, concurrency, queueMax }: HasherOptions): PasswordHasher {
  const cost = { memoryCost: memoryKib, timeCost: iterations, parallelism }
  const limit = pLimit(concurrency)

  function bounded<T> (work: () => Promise<T>): Promise<T> {
    if (limit.pendingCount >= queueMax) return Promise.reject(new HasherBusy('too many passwords are being hashed'))
    return limit(work)
  }

  let nobody: Promise<string> | undefined

  const check: Check = async (phc, password) => {
    nobody ??= hash('nobody has this password', { ...cost, type: argon2id })
    try {
      const isRight = await verify(phc ?? await nobody, normalize(password))
      return isRight && phc !== undefined
    } catch {
      return false // not in PHC string format
    }
  }

  return Object.freeze({
    hash: password => bounded(() => hash(normalize(password), { ...cost, type: argon2id })),
    verify: (phc, password) => bounded(() => check(phc, password)),
    inTurn: work => bounded(() => work(check)),
    needsRehash: phc => needsRehash(phc, cost)
  })
}
