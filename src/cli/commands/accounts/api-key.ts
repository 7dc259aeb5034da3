import { Command, InvalidArgumentError } from 'commander'
import { parseMoment } from '../../../policy/moments.ts'
import { presentApiKeys, presentCreatedApiKey } from '../../../presenters/credentials/api-keys.ts'
import type { PublicApiKey } from '../../../services/credentials/key-columns.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, UsageError,
  withEnvFile, withExamples, withJson
} from '../../command.ts'
import { withAccounts } from '../../operations/load-accounts.ts'
import { formatDay, formatTable } from '../../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

const moment = (text: string): Date => {
  const date = parseMoment(text)
  if (!date) throw new InvalidArgumentError('It must be a date or a time: 2027-01-31 or 2027-01-31T00:00:00Z.')
  return date
}

const subcommand = (name: string, description: string) =>
  withJson(withEnvFile(new Command(name).description(description))).argument('<owner>', 'username of the owner')

const create: MakeCommand = ({ env, ends }) => subcommand('create', 'create an API key and print it once')
  .option('--name <text>', 'name of the key')
  .option('--expires <time>', 'when the key expires (default: never)', moment)
  .action(ends(async (
    owner: string, { name, expires, ...options }: Options & { name?: string, expires?: Date }
  ) => {
    const created = await withAccounts(env, options, accounts => accounts.createApiKey(owner, name ?? null, expires))
    if (options.json) printJson(presentCreatedApiKey(created))
    else console.log(created.key)
    return exitCodes.fine
  }))

const statusOf = ({ isActive, expiresAt }: PublicApiKey, now: Date) =>
  expiresAt && expiresAt <= now ? 'expired' : isActive ? 'active' : 'inactive'

const list: MakeCommand = ({ env, ends }) => subcommand('list', 'list the API keys of an account, masked')
  .action(ends(async (owner: string, options: Options) => {
    const { userId, keys } = await withAccounts(env, options, accounts => accounts.listApiKeys(owner))
    if (options.json) {
      printJson(presentApiKeys(userId, keys))
      return exitCodes.fine
    }
    const now = new Date()
    const rows = keys.map(key => [
      key.name ?? '', `${key.prefix}…${key.suffix}`, statusOf(key, now), formatDay(key.expiresAt, 'never'),
      formatDay(key.lastUsedAt, 'never'), key.id
    ])
    console.log(await formatTable(['name', 'key', 'status', 'expires', 'last used', { id: 'id' }], rows))
    return exitCodes.fine
  }))

const revoke: MakeCommand = ({ env, ends }) => subcommand('revoke', 'revoke an API key')
  .argument('<key-id>', 'id of the key, from `api-key list`')
  .action(ends(async (owner: string, keyId: string, options: Options) => {
    if (!/^[\da-f-]{36}$/i.test(keyId)) throw new UsageError('<key-id> must be the id of a key: see `api-key list`')
    await withAccounts(env, options, accounts => accounts.revokeApiKey(owner, keyId))
    if (options.json) printJson({ revoked: keyId })
    else console.log(`Revoked the API key ${keyId}.`)
    return exitCodes.fine
  }))

/** `flowgate api-key`: the API keys of any account. */
export const apiKeyCommand: MakeCommand = context => withExamples(
  new Command('api-key').description('create, list and revoke API keys')
    .addCommand(create(context)).addCommand(list(context)).addCommand(revoke(context)),
  [
    ['flowgate api-key create ada --name "nightly build" --expires 2027-01-31', 'prints only the key'],
    ['flowgate api-key list ada --json', 'prints the keys for a program']
  ]
)
