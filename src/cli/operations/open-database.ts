import type { Config } from '../../config.ts'
import { type Database, isUnavailable, openDb } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { migrationStatus } from '../../migrate.ts'

/** Opens the database that the settings name, with any schema, and closes it after the work. */
export async function withOpenDatabase<T> (config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDb(config, () => {}) // a failure reaches the statement that runs
  try {
    return await work(database)
  } catch (error) {
    throw isUnavailable(error) ? becameUnavailable(error) : error
  } finally {
    await database.close()
  }
}

/** The same, with the schema of this version only. */
export const withDatabase = <T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> =>
  withOpenDatabase(config, async database => {
    const { pending } = await migrationStatus(database)
    if (pending.length > 0) throw notMigrated(pending)
    return work(database)
  })

function notMigrated (pending: string[]): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: `its schema is older than this version of Flowgate: ${pending.join(', ')} must be applied`,
    remedy: 'Start the server, or run `npx flowgate migrate deploy`.'
  }], { exitCode: 1 })
}

function becameUnavailable (cause: unknown): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: 'it became unavailable, or did not respond in time',
    remedy: 'Run the command again when the database is available. Completed steps are kept.'
  }], { exitCode: 1, cause })
}
