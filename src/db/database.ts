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
  /** For the few statements of the request path. */
  run: RunStatement
  /** What the database said about itself when it was opened. */
  facts: Facts
  /** The database's own time; local time until its first `sync`. */
  clock: SharedClock
  /**
   * Until when a statement that is sent now may begin to execute: ISO 8601 in the database's time, or `infinity`. After
   * that, this process has given up on it, and a write must refuse itself.
   */
  deadline: () => string
  kind: 'postgresql' | 'embedded'
  /** Host and database name, or folder: fit for a log. */
  label: string
  /**
   * A separate adapter for Prisma's schema engine. `commit` makes its work permanent; `close` ends its connection and
   * so the engine's lock.
   */
  openMigrationAdapter: (scripts: Scripts) => {
    adapter: SqlMigrationAwareDriverAdapterFactory, commit: () => Promise<void>, close: () => Promise<void>
  }
  close: () => Promise<void>
}

/** What becomes of each script of the engine before it runs, as a whole or not at all, and who hears that it failed. */
export type Scripts = { prepare: (script: string) => string, onError: (error: unknown) => void }
