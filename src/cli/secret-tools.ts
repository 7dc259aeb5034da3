import { loadConfig } from '../config.ts'
import { createSecretBox } from '../crypto/secret-box.ts'
import { isUnavailable, openDb } from '../db.ts'
import { SetupError } from '../errors.ts'
import { configuredKeys } from '../kept-key.ts'
import { migrationStatus } from '../migrate.ts'
import { createKeyring, type Keyring } from '../services/keyring.ts'
import { createRotation, type Rotation } from '../services/rotation.ts'
import type { Invocation } from './run-verb.ts'
import { settingsSources } from './settings-source.ts'

/** What the verbs about secrets work with. */
export type SecretTools = { keyring: Keyring, rotation: Rotation, databaseLabel: string }

/** Opens the database and the keys that the settings name, lends them, and closes. */
export async function withSecretTools<T> (
  invocation: Invocation, work: (tools: SecretTools) => Promise<T>
): Promise<T> {
  const config = loadConfig(settingsSources(invocation))
  const box = createSecretBox(configuredKeys(config, { mayMake: false }).keys)
  const database = await openDb(config, () => {}) // the query that was running reports it
  try {
    const { pending } = await migrationStatus(database)
    if (pending.length > 0) throw notMigrated(pending)
    const db = database.client
    const keyring = createKeyring({ db, box, clock: () => new Date() })
    return await work({ keyring, rotation: createRotation({ db, box, keyring }), databaseLabel: database.label })
  } catch (error) {
    throw isUnavailable(error) ? wentAway(error) : error
  } finally {
    await database.close()
  }
}

function notMigrated (pending: string[]): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: `its schema is older than this version of Flowgate (${pending.join(', ')} to come)`,
    remedy: 'Start the server once: it brings the schema up to date.'
  }], { exitCode: 1 })
}

function wentAway (cause: unknown): SetupError {
  return new SetupError([{
    subject: 'database',
    problem: 'it went away, or did not answer in time',
    remedy: 'Start the command again when it is back: what was done is done.'
  }], { exitCode: 1, cause })
}
