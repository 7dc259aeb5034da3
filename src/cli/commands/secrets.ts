import { Command } from 'commander'
import type { SecretStatus } from '../../services/secrets/rotation.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson as json, type SettingsOptions, withEnvFile, withExamples,
  withJson
} from '../command.ts'
import { startProgress } from '../terminal/progress.ts'
import type { SecretServices } from '../operations/command-services.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

const counted = (count: number) => count === 1 ? '1 secret' : `${count} secrets`

/** One sentence for each key that is not the current one: whether it may go, or what is to be done. */
function advice ({ keys, columns }: SecretStatus): string[] {
  const shapeless = columns.filter(({ keyId }) => keyId === undefined)
  return [
    ...keys.filter(({ role }) => role !== 'current').flatMap(({ keyId, role, rows }) => {
      if (role === 'previous' && rows > 0) return [`The key ${keyId} is needed by ${counted(rows)}: run flowgate secrets rotate.`]
      if (role === 'previous') return [`No secret needs the key ${keyId}: it may go from LANGFLOW_SECRET_KEY_PREVIOUS.`]
      return rows > 0 ? [`The key ${keyId} is needed by ${counted(rows)}: put it in LANGFLOW_SECRET_KEY_PREVIOUS.`] : []
    }),
    ...shapeless.map(({ column, rows }) => `Damaged beyond telling the key: ${counted(rows)} in ${column}.`)
  ]
}

const isWhole = ({ keys, columns }: SecretStatus) =>
  keys.every(({ role, rows }) => role !== 'not given' || rows === 0) && columns.every(({ keyId }) => keyId)

async function status ({ rotation, databaseLabel }: SecretServices, options: Options) {
  const found = await rotation.status()
  const code = isWhole(found) ? exitCodes.fine : exitCodes.failed
  if (options.json) {
    json({ database: databaseLabel, ...found })
    return code
  }
  const roleOf = new Map(found.keys.map(({ keyId, role }) => [keyId, role]))
  const keyRows = found.keys.map(({ keyId, role, retiredAt, rows }) =>
    [keyId, role, retiredAt?.toISOString() ?? '', rows])
  console.log(await formatTable(['key', 'role', 'retired', 'secrets'], keyRows))
  console.log(found.columns.length === 0
    ? 'No secret is stored yet.'
    : await formatTable(['column', 'key', 'role', 'secrets'], found.columns.map(({ column, keyId, rows }) =>
      [column, keyId ?? 'damaged', roleOf.get(keyId ?? '') ?? '', rows])))
  for (const sentence of advice(found)) console.log(sentence)
  return code
}

async function rotate ({ rotation, keyring }: SecretServices, options: Options) {
  await keyring.check({ allowMissing: true })
  const started = Date.now()
  const progress = await startProgress(await rotation.pending(), 'secrets')
  const result = await rotation.rotate(progress.advance).finally(progress.stop)
  const seconds = (Date.now() - started) / 1000
  const { rotated, failed, remaining, retired } = result
  if (options.json) {
    json({ ...result, seconds })
  } else {
    console.log(`${counted(rotated)} moved in ${seconds.toFixed(1)} s (${Math.round(rotated / seconds)}/s).`)
    for (const { column, id, reason } of failed) console.log(`Not moved: ${column} of ${id}, ${reason}.`)
    for (const keyId of retired) console.log(`No secret needs the key ${keyId} any more: it is retired.`)
    console.log(remaining === 0
      ? 'Every secret is under the current key.'
      : `Not under the current key: ${counted(remaining)}; see flowgate secrets status.`)
  }
  return remaining === 0 ? exitCodes.fine : exitCodes.failed
}

async function forget ({ keyring }: SecretServices, keyId: string, { lost, ...options }: Options & { lost?: true }) {
  const givenUp = await keyring.forget(keyId, { isLost: lost === true })
  if (options.json) json({ forgotten: keyId, givenUp })
  else console.log(`The key ${keyId} is forgotten${givenUp > 0 ? `, and ${counted(givenUp)} with it` : ''}.`)
  return exitCodes.fine
}

const ROTATION = `
To change LANGFLOW_SECRET_KEY: set the new key, put the old one in LANGFLOW_SECRET_KEY_PREVIOUS, restart every
replica with both, run \`flowgate secrets rotate\`, and take the old key away when \`secrets status\` says so.
A rotation may be stopped and started again at any time, while the replicas serve. See docs/rotating-keys.md.

status exits 1 when secrets need a key that is not given, rotate when some could not be moved.`

/** `flowgate secrets`: which key each stored secret is sealed with, and moving them to the current one. */
export const secretsCommand: MakeCommand = ({ env, ends }) => {
  const withServices = async (options: Options, work: (services: SecretServices) => Promise<number>) => {
    const { withSecretServices } = await import('../operations/command-services.ts')
    return withSecretServices(env, options, work)
  }
  const subcommand = (name: string, description: string) =>
    withJson(withEnvFile(new Command(name).description(description)))
  return withExamples(
    new Command('secrets')
      .description('count stored secrets by key, move them to the current key')
      .addCommand(subcommand('status', 'count stored secrets by key and column')
        .action(ends((options: Options) => withServices(options, tools => status(tools, options)))))
      .addCommand(subcommand('rotate', 'move every secret to the current key')
        .action(ends((options: Options) => withServices(options, tools => rotate(tools, options)))))
      .addCommand(subcommand('forget', 'strike a key off the register')
        .argument('<key-id>', 'id of the key, as `secrets status` shows it')
        .option('--lost', 'give up the secrets that only this key opens')
        .action(ends((keyId: string, options: Options) =>
          withServices(options, services => forget(services, keyId, options)))))
      .addHelpText('after', ROTATION),
    [['flowgate secrets status --env-file secured.env', 'tells whether an older key may go']]
  )
}
