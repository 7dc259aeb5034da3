import type { Transaction } from '../../db.ts'
import { SessionEnded } from '../../errors.ts'

/** Work that one replica at a time may do, each under an advisory lock of PostgreSQL that ends with the transaction. */
const lockIds = { firstBoot: 1, superusers: 2, signup: 3, cleaning: 4, usage: 5 } as const

export type LockName = keyof typeof lockIds

/** The first key of the pair, so that nobody else's locks in the same database meet ours. */
const NAMESPACE = 0x666c6f77 // "flow"

/** The pair of numbers that is the lock. */
export const lockKey = (name: LockName): readonly [number, number] => [NAMESPACE, lockIds[name]]

/** Waits for the lock; it is held until the transaction ends. */
export async function takeLock (tx: Transaction, name: LockName): Promise<void> {
  const [namespace, id] = lockKey(name)
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${namespace}::int, ${id}::int)`
}

/**
 * Holds an account's row until the transaction ends: what gives names within the account or counts its possessions
 * waits here for its like, and so does its deletion, while foreign keys may still refer to it.
 * @returns false when the account is gone
 */
export async function holdAccount (tx: Transaction, userId: string): Promise<boolean> {
  const held = await tx.$queryRaw<object[]>`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
  return held.length > 0
}

/** The same for a request of that account. @throws SessionEnded when it is gone already */
export async function lockAccount (tx: Transaction, userId: string): Promise<void> {
  if (!await holdAccount(tx, userId)) throw new SessionEnded()
}

/** Holds a variable's row until the transaction ends. */
export async function holdVariable (tx: Transaction, id: string, userId: string): Promise<void> {
  await tx.$executeRaw`SELECT 1 FROM variables WHERE id = ${id}::uuid AND user_id = ${userId}::uuid FOR UPDATE`
}
