import { loadConfig } from '../../config.ts'
import { createSecretBox } from '../../crypto/secret-box.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import { createKeyring, type Keyring } from '../../services/secrets/keyring.ts'
import { createRotation, type Rotation } from '../../services/secrets/rotation.ts'
import type { Env, SettingsOptions } from '../command.ts'
import { withDatabase } from './open-database.ts'
import { settingsSources } from '../settings-source.ts'

/** What the verbs about secrets work with. */
export type SecretTools = { keyring: Keyring, rotation: Rotation, databaseLabel: string }

/** Opens the database and the keys that the settings name, lends them, and closes. */
export async function withSecretTools<T> (
  env: Env, options: SettingsOptions, work: (tools: SecretTools) => Promise<T>
): Promise<T> {
  const config = loadConfig(settingsSources(env, options))
  const box = createSecretBox(configuredKeys(config, { mayMake: false }).keys)
  return withDatabase(config, ({ client: db, run, clock, label }) => {
    const keyring = createKeyring({ db, run, box, clock: clock.now })
    return work({ keyring, rotation: createRotation({ db, box, keyring }), databaseLabel: label })
  })
}
