import { setTimeout as sleep } from 'node:timers/promises'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaClient } from '../generated/prisma/client.ts'
import { isConflict } from './failures.ts'

/** Time an interactive transaction may take and wait for a connection, in milliseconds. */
const transactionOptions = { maxWait: 3000, timeout: 10_000 }

/** Maximum attempts at a transaction that conflicts with others. */
const CONFLICT_ATTEMPTS = 4

/** Creates Prisma's client. A transaction that conflicts with another one is retried (PostgreSQL manual, 13.5). */
export function createClient (adapter: SqlDriverAdapterFactory): PrismaClient {
  const client = new PrismaClient({ adapter, transactionOptions })
  const once = client.$transaction.bind(client) as (...args: unknown[]) => Promise<unknown>
  const transaction = async (...args: unknown[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(...args)
      } catch (error) {
        if (attempt === CONFLICT_ATTEMPTS || !isConflict(error)) throw error
        await sleep(Math.random() * 20 * attempt)
      }
    }
  }
  return Object.assign(client, { $transaction: transaction })
}
