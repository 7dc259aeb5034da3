import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'
import type { Facts } from './facts.ts'
import type { SharedClock } from './shared-clock.ts'
import type { RunStatement } from './statements.ts'

/** Prisma's client: every model, and transactions. */
export type Db = PrismaClient

/** The client inside an interactive transaction. */
export type Transaction = Prisma.TransactionClient

/** An open database of either kind. */
export type Database = {
  client: Db
  /** Runs the prepared statements of the request path. */
  run: RunStatement
  /** The properties of the database, read when it was opened. */
  facts: Facts
  /** The database's time; the local time until the first `sync`. */
  clock: SharedClock
  /**
   * The time by which a statement that is sent now must start: ISO 8601 in the database's time, or `infinity`. This
   * process stops waiting for the statement at that time, so a write that starts later must have no effect.
   */
  deadline: () => string
  kind: 'postgresql' | 'embedded'
  /** Host and database name, or the folder. Safe to log. */
  label: string
  /**
   * A separate adapter for Prisma's schema engine. `commit` makes its changes permanent. `close` ends its connection,
   * which releases the engine's lock.
   */
  openMigrationAdapter: (scripts: Scripts) => {
    adapter: SqlMigrationAwareDriverAdapterFactory, commit: () => Promise<void>, close: () => Promise<void>
  }
  close: () => Promise<void>
}

/**
 * How the schema engine's scripts run, each in one transaction: `prepare` changes a script before it runs, `onError`
 * receives the error of a script that failed.
 */
export type Scripts = { prepare: (script: string) => string, onError: (error: unknown) => void }
