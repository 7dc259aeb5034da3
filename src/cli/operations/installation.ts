import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { SetupError } from '../../errors.ts'

type Place = Pick<Config, 'databaseUrl' | 'configDir' | 'origins' | 'lines'>

/** Whether there is a database to work with. A PostgreSQL server decides for itself. */
export const isInstalled = ({ databaseUrl, configDir }: Pick<Config, 'databaseUrl' | 'configDir'>): boolean =>
  databaseUrl !== undefined || existsSync(join(configDir, 'database', 'PG_VERSION'))

/**
 * Commands other than `run` and `migrate deploy` create neither folders nor keys nor databases.
 * @throws SetupError that names the folder and where the setting came from
 */
export function requireInstallation (config: Place): void {
  if (isInstalled(config)) return
  const { LANGFLOW_CONFIG_DIR: origin = 'default' } = config.origins
  const line = config.lines['LANGFLOW_CONFIG_DIR']
  throw new SetupError([{
    subject: `LANGFLOW_CONFIG_DIR (${line === undefined ? origin : `${origin}:${line}`})`,
    problem: `there is no installation in ${config.configDir}`,
    remedy: 'Name the folder or the settings file of the server (--env-file), or create an installation: flowgate run.'
  }], { exitCode: 1 })
}
