import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { createSecretBox, type SecretBox } from '../../crypto/secret-box.ts'
import type { Database } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import { createEventSink } from '../../services/audit/sink.ts'
import { createKeyring } from '../../services/secrets/keyring.ts'
import { createSigningKeys } from '../../services/tokens/signing-keys.ts'
import { type Finding, firstOf, fromProblem, ok, warn } from './finding.ts'

/** The configured keys, and the findings that need no database. */
export function readKeys (config: Config): { box: SecretBox | undefined, findings: Finding[] } {
  const { configDir, secretKey, databaseUrl } = config
  const keptPath = join(configDir, 'secret_key')
  if (secretKey === undefined && !existsSync(keptPath)) {
    return {
      box: undefined,
      findings: firstOf(
        databaseUrl !== undefined && onlyHere(),
        ok('key', `none yet: the first start creates one in ${keptPath}`)
      )
    }
  }
  try {
    const { keys, keyFile } = configuredKeys(config, { mayCreate: false })
    const from = keyFile ? `from ${keyFile.path}` : config.origins['LANGFLOW_SECRET_KEY']
    return {
      box: createSecretBox(keys),
      findings: [
        ok('key', `${keys[0].keyId} (${from}${keys[0].form === 'passphrase' ? ', a passphrase: the Fernet key is derived from it' : ''})`),
        ...(keyFile ? keptKey(config, keyFile.path) : [])
      ]
    }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    return { box: undefined, findings: error.problems.map(fromProblem('fail')) }
  }
}

const onlyHere = () => warn('LANGFLOW_SECRET_KEY',
  'is not set: the key is stored on this machine only, and a second replica would be refused with its own key',
  'flowgate secret-key   # set the key on every replica')

function keptKey ({ databaseUrl }: Config, path: string): Finding[] {
  const mode = statSync(path).mode & 0o777
  return [
    ...(databaseUrl === undefined ? [] : [onlyHere()]),
    ...((mode & 0o077) !== 0 ? [warn('key', `other accounts of this machine can read ${path}`, `chmod 600 ${path}`)] : [])
  ]
}

/** Whether the keys decrypt the stored secrets, and which of them can be removed. */
export async function checkKeys ({ client: db, run, clock }: Database, box: SecretBox | undefined): Promise<Finding[]> {
  if (!box) return []
  try {
    const previous = await createKeyring({ db, run, box, clock: clock.now }).inspect()
    return [
      ok('canary', 'the keys decrypt the database and every stored secret'),
      ...previous.map(({ keyId, rows }) => rows > 0
        ? warn('LANGFLOW_SECRET_KEY_PREVIOUS', `${rows} of the stored secrets need the older key ${keyId}`, 'flowgate secrets rotate')
        : warn('LANGFLOW_SECRET_KEY_PREVIOUS', `no stored secret needs the older key ${keyId}`,
          'Remove it when every replica has the new key and the refresh tokens of the old key have expired.'))
    ]
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    return error.problems.map(fromProblem('fail'))
  }
}

/** The keys that sign tokens for other services, if the settings require any. */
export async function checkSigningKeys (
  config: Config, { client: db, run, clock }: Database, box: SecretBox | undefined
): Promise<Finding[]> {
  if (!box) return []
  const events = createEventSink({ db, write: () => {} })
  const signingKeys = createSigningKeys({ ...config, run, events, box, clock: clock.now, onError: () => {} })
  if (signingKeys.needed.length === 0) return []
  const keys = await signingKeys.list()
  return signingKeys.needed.map(({ algorithm }) => {
    const active = keys.find(key => key.algorithm === algorithm && key.state === 'active')
    return active
      ? ok('signing key', `${active.kid} signs with ${algorithm} since ${active.activatesAt.toISOString().slice(0, 10)}`)
      : warn('signing key', `no key signs with ${algorithm} yet`, 'The next start of the server creates one: flowgate run')
  })
}
