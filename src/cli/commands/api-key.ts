import { Command, InvalidArgumentError } from 'commander'
import { maskApiKey } from '../../crypto/api-keys.ts'
import { parseMoment } from '../../policy/moments.ts'
import type { PublicApiKey } from '../../services/credentials/api-keys.ts'
import { operator } from '../../services/access/principal.ts'
import type { AccountServices } from '../operations/command-services.ts'
import {
  type Context, exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, UsageError,
  withEnvFile, withExamples, withJson
} from '../command.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions
type Owner = { id: string, username: string }

const moment = (text: string): Date => {
  const date = parseMoment(text)
  if (!date) throw new InvalidArgumentError('A date or moment, please: 2027-01-31 or 2027-01-31T00:00:00Z.')
  return date
}

const ofOwner = async <T>(
  env: Context['env'], options: Options, name: string, work: (services: AccountServices, owner: Owner) => Promise<T>
) => {
  const { withAccountServices } = await import('../operations/command-services.ts')
  return withAccountServices(env, options, async services =>
    work(services, await services.administration.byName(name)))
}

const shown = ({ id, name, prefix, suffix, isActive, createdAt, expiresAt, lastUsedAt, totalUses }: PublicApiKey) => ({
  id,
  name,
  api_key: maskApiKey(prefix),
  last_characters: suffix,
  is_active: isActive,
  created_at: createdAt,
  expires_at: expiresAt,
  last_used_at: lastUsedAt,
  total_uses: Number(totalUses)
})

const subcommand = (name: string, description: string) =>
  withJson(withEnvFile(new Command(name).description(description))).argument('<owner>', 'username of its account')

const create: MakeCommand = ({ env, ends }) => subcommand('create', 'make an API key and print it, this once')
  .option('--name <text>', 'what it is for')
  .option('--expires <moment>', 'when it ends; unless given: never', moment)
  .action(ends(async (
    name: string, { name: label, expires, ...options }: Options & { name?: string, expires?: Date }
  ) => {
    const { row, key } = await ofOwner(env, options, name, ({ apiKeys }, owner) =>
      apiKeys.create({ userId: owner.id, caller: operator }, { name: label ?? null, expiresAt: expires }))
    if (options.json) printJson({ ...shown(row), api_key: key })
    else console.log(key)
    return exitCodes.fine
  }))

const list: MakeCommand = ({ env, ends }) => subcommand('list', 'list the API keys of an account, masked')
  .action(ends(async (name: string, options: Options) => {
    const rows = await ofOwner(env, options, name, ({ apiKeys }, owner) => apiKeys.list(owner.id))
    if (options.json) printJson({ total_count: rows.length, api_keys: rows.map(shown) })
    else {
      console.log(await formatTable(['name', 'key', 'active', 'expires', 'last used', 'uses', 'id'], rows.map(row => [
        row.name ?? '', `${row.prefix}…${row.suffix}`, row.isActive ? 'yes' : 'no',
        row.expiresAt?.toISOString() ?? 'never', row.lastUsedAt?.toISOString() ?? 'never', Number(row.totalUses), row.id
      ])))
    }
    return exitCodes.fine
  }))

const revoke: MakeCommand = ({ env, ends }) => subcommand('revoke', 'delete an API key: it opens nothing any more')
  .argument('<key-id>', 'id of the key, as `api-key list` shows it')
  .action(ends(async (name: string, keyId: string, options: Options) => {
    if (!/^[\da-f-]{36}$/i.test(keyId)) throw new UsageError('say the id of a key: see `api-key list`')
    await ofOwner(env, options, name, ({ apiKeys }, owner) => apiKeys.remove(operator, owner.id, keyId))
    if (options.json) printJson({ revoked: keyId })
    else console.log(`The API key ${keyId} is revoked.`)
    return exitCodes.fine
  }))

/** `flowgate api-key`: the keys of any account, by whoever runs the server. */
export const apiKeyCommand: MakeCommand = context => withExamples(
  new Command('api-key').description('make, list and revoke API keys')
    .addCommand(create(context)).addCommand(list(context)).addCommand(revoke(context)),
  [
    ['flowgate api-key create ada --name "nightly build" --expires 2027-01-31', 'prints the key alone'],
    ['flowgate api-key list ada --json', 'for programs']
  ]
)
