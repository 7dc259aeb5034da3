import type { Transaction } from '../../db.ts'
import { SessionEnded } from '../../errors.ts'

/** Work that only one replica may do at a time, each with an advisory lock that ends with the transaction. */
const lockIds = { firstBoot: 1, superusers: 2, signup: 3, cleaning: 4, usage: 5, signingKeys: 6 } as const

export type LockName = keyof typeof lockIds

/** The first key of each lock, so that they differ from the locks of other applications in the database. */
const NAMESPACE = 0x666c6f77 // "flow"

/** The two keys of an advisory lock. */
export const lockKey = (name: LockName): readonly [number, number] => [NAMESPACE, lockIds[name]]

/** Acquires the lock until the end of the transaction. */
export async function takeLock (tx: Transaction, name: LockName): Promise<void> {
  const [namespace, id] = lockKey(name)
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${namespace}::int, ${id}::int)`
}

/**
 * Locks the row of an account until the end of the transaction. Serializes changes that create unique names or count
 * what the account owns, and its deletion, which must wait while foreign keys may still refer to it.
 * @returns false if the account does not exist
 */
export async function lockAccount (tx: Transaction, userId: string): Promise<boolean> {
  const held = await tx.$queryRaw<object[]>`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
  return held.length > 0
}

/** The same for a request of the account. @throws SessionEnded if the account was deleted */
export async function lockOwnAccount (tx: Transaction, userId: string): Promise<void> {
  if (!await lockAccount(tx, userId)) throw new SessionEnded()
}

/** Locks the row of a variable until the end of the transaction. */
export async function lockVariable (tx: Transaction, id: string, userId: string): Promise<void> {
  await tx.$executeRaw`SELECT 1 FROM variables WHERE id = ${id}::uuid AND user_id = ${userId}::uuid FOR UPDATE`
}
