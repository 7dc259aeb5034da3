import { composeSecrets, composeServices } from '../../composition.ts'
import { loadConfig } from '../../config.ts'
import { createPasswordHasher } from '../../crypto/passwords.ts'
import { createSecretBox } from '../../crypto/secret-box.ts'
import { openFailureCounts } from '../../db.ts'
import { Failure, SetupError } from '../../errors.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import type { Env, SettingsOptions } from '../command.ts'
import { writeEventLine } from '../terminal/event-line.ts'
import { requireInstallation } from './installation.ts'
import { withDatabase } from './open-database.ts'
import { settingsSources } from '../settings-source.ts'

/** The services of a command that changes accounts. */
export type AccountServices = ReturnType<typeof composeServices>

/** The services of a command that works on stored secrets. `databaseLabel` names the database for people. */
export type SecretServices = ReturnType<typeof composeSecrets> & { databaseLabel: string }

function open (env: Env, options: SettingsOptions) {
  const config = loadConfig(settingsSources(env, options))
  requireInstallation(config)
  return { config, box: createSecretBox(configuredKeys(config, { mayMake: false }).keys) }
}

/** Opens the database and the keys that the settings name, composes the services, runs `work` and closes. */
export async function withSecretServices<T> (
  env: Env, options: SettingsOptions, work: (services: SecretServices) => Promise<T>
): Promise<T> {
  const { config, box } = open(env, options)
  return withDatabase(config, database => work({
    ...composeSecrets({ database, clock: database.clock.now, box, writeEvent: writeEventLine }),
    databaseLabel: database.label
  }))
}

/** The same for commands that change accounts. They require the secret key of the server. */
export async function withAccountServices<T> (
  env: Env, options: SettingsOptions, work: (services: AccountServices) => Promise<T>
): Promise<T> {
  const { config, box } = open(env, options)
  return withDatabase(config, async database => {
    const { clock: { now: clock } } = database
    const counts = await openFailureCounts({ ...config, ...database, clock, onError: () => {} })
    const hasher = createPasswordHasher({
      memoryKib: config.passwordMemoryKib,
      iterations: config.passwordIterations,
      parallelism: config.passwordParallelism,
      concurrency: 1,
      queueMax: 1
    })
    const services = composeServices({
      config, database, clock, counts, hasher, box, writeEvent: writeEventLine, onError: cause => { throw cause }
    })
    try {
      await services.keyring.check({ allowMissing: true })
      return await work(services)
    } catch (error) {
      throw error instanceof Failure ? refused(error) : error
    } finally {
      await counts.close()
    }
  })
}

/** The failure of a service as a problem that the person at the terminal can solve. */
function refused ({ detail, message, kind }: Failure): SetupError {
  const [problem] = Array.isArray(detail) ? detail.map(({ msg }) => String(msg)) : [message]
  return new SetupError([{
    subject: 'account', problem: problem ?? message, remedy: `See \`${kind.code}\` in docs/errors.md.`
  }], { exitCode: 1 })
}
