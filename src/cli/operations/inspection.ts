import type { Config } from '../../config.ts'
import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Database } from '../../db.ts'
import { migrate, migrationStatus } from '../../migrate.ts'
import { callServer } from '../control/caller.ts'
import { checkAccounts, checkLimits } from '../doctor/accounts.ts'
import { checkKeyLifetimes } from '../doctor/api-keys.ts'
import { checkDatabase, checkMigrations } from '../doctor/database.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkKeys, checkSigningKeys } from '../doctor/keys.ts'
import { withOpenDatabase } from './open-database.ts'

type Parts = { config: Config, database: Database, box: SecretBox | undefined }

/** What can be found out about a database, whatever its schema; and its migrations. */
export function createInspection ({ config, database, box }: Parts) {
  return {
    examine: async (): Promise<Finding[]> => {
      const found = await checkDatabase(database, config, () => new Date())
      const { isCurrent, findings } = await checkMigrations(database)
      const rest = isCurrent
        ? [...await checkKeys(database, box), ...await checkSigningKeys(config, database, box),
            ...await checkAccounts(database, config), ...await checkKeyLifetimes(database, config),
            ...await checkLimits(config, database)]
        : []
      return [...found, ...findings, ...rest]
    },

    migrationStatus: async () => ({ database: database.label, ...await migrationStatus(database) }),

    migrate: () => migrate(database)
  }
}

export type Inspection = ReturnType<typeof createInspection>

/**
 * Inspects the database in the running server, or opens it.
 * @param box without one, keys are not checked
 */
export async function withInspection<T> (
  config: Config, box: SecretBox | undefined, work: (inspection: Inspection) => Promise<T>
): Promise<T> {
  return callServer(config, box?.keyIds, work, () =>
    withOpenDatabase(config, database => work(createInspection({ config, database, box }))))
}
