import { Command } from 'commander'
import type { SecretStatus } from '../../../services/secrets/rotation.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../../command.ts'
import type { SecretOperations } from '../../operations/secrets.ts'
import { readConfig } from '../../settings-source.ts'
import { startProgress } from '../../terminal/progress.ts'
import { formatDay, formatTable } from '../../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

const counted = (count: number) => count === 1 ? '1 secret' : `${count} secrets`

const needed = (count: number) => count === 1 ? '1 secret needs' : `${count} secrets need`

/** One sentence for each key but the current one: whether it can be removed, or what to do first. */
function advice ({ keys, columns }: SecretStatus): string[] {
  const damaged = columns.filter(({ keyId }) => keyId === undefined)
  return [
    ...keys.filter(({ role }) => role !== 'current').flatMap(({ keyId, role, rows }) => {
      if (role === 'previous' && rows > 0) return [`${needed(rows)} the key ${keyId}: run flowgate secrets rotate.`]
      if (role === 'previous') return [`No secret needs the key ${keyId}: remove it from LANGFLOW_SECRET_KEY_PREVIOUS.`]
      return rows > 0 ? [`${needed(rows)} the key ${keyId}: add it to LANGFLOW_SECRET_KEY_PREVIOUS.`] : []
    }),
    ...damaged.map(({ column, rows }) => `Damaged, with an unknown key: ${counted(rows)} in ${column}.`)
  ]
}

const isReadable = ({ keys, columns }: SecretStatus) =>
  keys.every(({ role, rows }) => role !== 'not given' || rows === 0) && columns.every(({ keyId }) => keyId)

/** As JSON, in the spelling of the API. */
const presentStatus = ({ database, keys, columns }: SecretStatus & { database: string }) => ({
  database,
  keys: keys.map(({ keyId, role, retiredAt, rows }) => ({ key_id: keyId, role, retired_at: retiredAt ?? null, rows })),
  columns: columns.map(({ column, keyId, rows }) => ({ column, key_id: keyId ?? null, rows }))
})

async function status ({ secretStatus }: SecretOperations, options: Options) {
  const found = await secretStatus()
  const code = isReadable(found) ? exitCodes.fine : exitCodes.failed
  if (options.json) {
    printJson(presentStatus(found))
    return code
  }
  const roleOf = new Map(found.keys.map(({ keyId, role }) => [keyId, role]))
  console.log(await formatTable(['key', 'role', 'retired', 'secrets'], found.keys.map(
    ({ keyId, role, retiredAt, rows }) => [keyId, role, formatDay(retiredAt), rows])) + '\n')
  console.log(found.columns.length === 0
    ? 'No secrets are stored.'
    : await formatTable(['column', 'key', 'role', 'secrets'], found.columns.map(({ column, keyId, rows }) =>
      [column, keyId ?? 'damaged', roleOf.get(keyId ?? '') ?? '', rows])))
  for (const sentence of advice(found)) console.log(sentence)
  return code
}

async function rotate (secrets: SecretOperations, options: Options) {
  const started = Date.now()
  const progress = await startProgress(await secrets.pendingSecrets(), 'secrets')
  const result = await secrets.rotateSecrets(progress.advance).finally(progress.stop)
  const seconds = (Date.now() - started) / 1000
  const { rotated, failed, remaining, retired } = result
  if (options.json) {
    printJson({ ...result, seconds })
  } else {
    console.log(`Rotated ${counted(rotated)} in ${seconds.toFixed(1)} s (${Math.round(rotated / seconds)}/s).`)
    for (const { column, id, reason } of failed) console.log(`Failed: ${column} of ${id}: ${reason}.`)
    for (const keyId of retired) console.log(`Retired the key ${keyId}: no secret needs it.`)
    console.log(remaining === 0
      ? 'All secrets are encrypted with the current key.'
      : `Not encrypted with the current key: ${counted(remaining)}. See flowgate secrets status.`)
  }
  return remaining === 0 ? exitCodes.fine : exitCodes.failed
}

async function forget (secrets: SecretOperations, keyId: string, { lost, ...options }: Options & { lost?: true }) {
  const abandoned = await secrets.forgetKey(keyId, lost === true)
  if (options.json) printJson({ forgotten: keyId, abandoned })
  else console.log(`Removed the key ${keyId}${abandoned > 0 ? ` and abandoned ${counted(abandoned)}` : ''}.`)
  return exitCodes.fine
}

const ROTATION = `
To change LANGFLOW_SECRET_KEY: set the new key, move the old one to LANGFLOW_SECRET_KEY_PREVIOUS, restart every
replica with both, run \`flowgate secrets rotate\`, and remove the old key when \`secrets status\` says so.
A rotation can be interrupted and started again at any time while the replicas serve. See docs/rotating-keys.md.

\`status\` exits with 1 when secrets need a key that is not given, \`rotate\` when some could not be rotated.`

/** `flowgate secrets`: counts the stored secrets by key, and rotates them to the current one. */
export const secretsCommand: MakeCommand = ({ env, ends }) => {
  const withSecrets = async (options: Options, work: (secrets: SecretOperations) => Promise<number>) => {
    const operations = await import('../../operations/secrets.ts')
    return operations.withSecrets(readConfig(env, options), work)
  }
  const subcommand = (name: string, description: string) =>
    withJson(withEnvFile(new Command(name).description(description)))
  return withExamples(
    new Command('secrets')
      .description('count stored secrets by key, rotate them to the current key')
      .addCommand(subcommand('status', 'count stored secrets by key and column')
        .action(ends((options: Options) => withSecrets(options, secrets => status(secrets, options)))))
      .addCommand(subcommand('rotate', 'encrypt every secret with the current key')
        .action(ends((options: Options) => withSecrets(options, secrets => rotate(secrets, options)))))
      .addCommand(subcommand('forget', 'remove a key from the registry')
        .argument('<key-id>', 'id of the key, from `secrets status`')
        .option('--lost', 'abandon the secrets that only this key decrypts')
        .action(ends((keyId: string, options: Options) =>
          withSecrets(options, secrets => forget(secrets, keyId, options)))))
      .addHelpText('after', ROTATION),
    [['flowgate secrets status --env-file secured.env', 'shows whether an older key can be removed']]
  )
}
