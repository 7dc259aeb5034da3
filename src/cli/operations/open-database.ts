import type { Config } from '../../config.ts'
import { type Database, isUnavailable, openDb } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { migrationStatus } from '../../migrate.ts'

/** Opens the database that the settings name, whatever its schema, lends it, and closes. */
export async function lendDatabase<T> (config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDb(config, () => {}) // the query that was running reports it
  try {
    return await work(database)
  } catch (error) {
    throw isUnavailable(error) ? wentAway(error) : error
  } finally {
    await database.close()
  }
}

/** The same, at this version's schema alone. */
export const withDatabase = <T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> =>
  lendDatabase(config, async database => {
    const { pending } = await migrationStatus(database)
    if (pending.length > 0) throw notMigrated(pending)
    return work(database)
  })

function notMigrated (pending: string[]): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: `its schema is older than this version of Flowgate (${pending.join(', ')} to come)`,
    remedy: 'Start the server once, or run `npx flowgate migrate deploy`: either brings the schema up to date.'
  }], { exitCode: 1 })
}

function wentAway (cause: unknown): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: 'it went away, or did not answer in time',
    remedy: 'Start the command again when it is back: what was done is done.'
  }], { exitCode: 1, cause })
}
