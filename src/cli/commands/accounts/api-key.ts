import { Command } from 'commander'
import { OVERLAP_SECONDS, OVERLAP_SECONDS_MAX, USES_DAYS } from '../../../policy/api-keys/bounds.ts'
import type { RateLimit } from '../../../policy/api-keys/rate-limits.ts'
import type { Scope } from '../../../policy/grants.ts'
import {
  presentApiKeys, presentCreatedApiKey, presentOwnedApiKeys, presentRotatedApiKey, presentUsage
} from '../../../presenters/credentials/api-keys.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, UsageError,
  withEnvFile, withExamples, withJson
} from '../../command.ts'
import { withAccounts } from '../../operations/load-accounts.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { formatTable } from '../../terminal/table.ts'
import { addNetworks, addScopes, rateLimit, scopeList } from '../../values/key-restrictions.ts'
import { duration, moment } from '../../values/moments.ts'
import { wholeNumber } from '../../values/whole-number.ts'
import { keyColumns, keyRow } from './api-key-rows.ts'

type Options = SettingsOptions & JsonOptions

const subcommand = (name: string, description: string) =>
  withJson(withEnvFile(new Command(name).description(description)))

const ofOwner = (name: string, description: string) =>
  subcommand(name, description).argument('<owner>', 'username of the owner')

/** A command about one key. The owner is an argument, so that a wrong id cannot change the key of another account. */
const ofKey = (name: string, description: string) =>
  ofOwner(name, description).argument('<key-id>', 'id of the key, from `api-key list`')

function requireKeyId (keyId: string) {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(keyId)) {
    throw new UsageError('<key-id> must be the id of a key: see `api-key list`')
  }
}

type CreateOptions = Options & {
  name?: string, scope?: Scope[], network?: string[], limit?: RateLimit, expires?: Date, service?: true
}

const create: MakeCommand = ({ env, ends }) => ofOwner('create', 'create an API key and print it once')
  .option('--name <text>', 'name of the key')
  .option('--scope <names...>', 'what the key may do (default: everything that its owner may do)', addScopes)
  .option('--network <cidrs...>', 'where the key is accepted from, e.g. 192.0.2.0/24 (default: anywhere)', addNetworks)
  .option('--limit <requests/time>', 'rate limit of the key: 100/1s, 20/m or 5000/h (default: none)', rateLimit)
  .option('--expires <time>', 'when the key expires: a date, a time, or a duration: 90d or 12h (default: never, ' +
    'or after LANGFLOW_API_KEY_MAX_DAYS)', moment)
  .option('--service', 'the owner is a service account; create it if it does not exist')
  .addHelpText('after', `
--scope and --network can be repeated, and accept several values. Scopes:
${scopeList}`)
  .action(ends(async (
    owner: string, { name, scope: scopes, network: networks, limit, expires, service, ...options }: CreateOptions
  ) => {
    const created = await withAccounts(env, options, accounts => accounts.createApiKey(owner, {
      name: name ?? null, scopes, networks, rateLimit: limit, expiresAt: expires, isService: service === true
    }))
    if (options.json) printJson(presentCreatedApiKey(created))
    else console.log(created.key)
    return exitCodes.fine
  }))

const rotate: MakeCommand = ({ env, ends }) =>
  ofKey('rotate', 'replace an API key by a new one with the same settings, and print the new key once')
    .option('--overlap <duration>', 'how long the old key continues to work: 0s, 1h or 7d (default: 1d)',
      duration(OVERLAP_SECONDS_MAX), OVERLAP_SECONDS)
    .action(ends(async (owner: string, keyId: string, { overlap, ...options }: Options & { overlap: number }) => {
      requireKeyId(keyId)
      const rotated = await withAccounts(env, options, accounts => accounts.rotateApiKey(owner, keyId, overlap))
      if (options.json) printJson(presentRotatedApiKey(rotated))
      else console.log(rotated.key)
      return exitCodes.fine
    }))

type ListOptions = Options & PageOptions & { all?: true, search?: string }

async function listAll (env: Parameters<typeof withAccounts>[0], { search, skip, limit, ...options }: ListOptions) {
  const { total, rows: keys } = await withAccounts(env, options, accounts =>
    readPages({ skip, limit }, async (skip, limit) => {
      const page = await accounts.listAllApiKeys({
        search, skip, limit, sort: { by: 'username', isDescending: false }
      })
      return { total: page.total, rows: page.keys }
    }))
  if (options.json) printJson(presentOwnedApiKeys({ total, keys }))
  else {
    const now = new Date()
    const rows = keys.map(key => [key.user.username, ...keyRow(key, now)])
    console.log(await formatTable(['owner', ...keyColumns], rows))
    console.log(`${keys.length} of ${total}`)
  }
  return exitCodes.fine
}

const list: MakeCommand = ({ env, ends }) => subcommand('list', 'list the API keys of an account, masked')
  .argument('[owner]', 'username of the owner')
  .option('--all', 'list the keys of all accounts, by owner')
  .option('--search <text>', 'with --all: only owners whose usernames contain this text')
  .option('--skip <number>', 'with --all: number of keys to skip', wholeNumber(0), 0)
  .option('--limit <number>', 'with --all: maximum number of keys to print', wholeNumber(1), 50)
  .action(ends(async (owner: string | undefined, options: ListOptions) => {
    if ((owner === undefined) !== (options.all === true)) throw new UsageError('name either an owner or --all')
    if (owner === undefined) return listAll(env, options)
    const { userId, keys } = await withAccounts(env, options, accounts => accounts.listApiKeys(owner))
    if (options.json) printJson(presentApiKeys(userId, keys))
    else {
      const now = new Date()
      console.log(await formatTable(keyColumns, keys.map(key => keyRow(key, now))))
    }
    return exitCodes.fine
  }))

const usage: MakeCommand = ({ env, ends }) => ofKey('usage', 'print how often an API key was used on each day, in UTC')
  .option('--days <number>', 'number of days, today included', wholeNumber(1, USES_DAYS), 30)
  .action(ends(async (owner: string, keyId: string, { days: count, ...options }: Options & { days: number }) => {
    requireKeyId(keyId)
    const { key, days } = await withAccounts(env, options, accounts => accounts.readApiKeyUsage(owner, keyId, count))
    const usage = presentUsage(key, days)
    if (options.json) printJson(usage)
    else {
      console.log(await formatTable(['day', 'uses'], usage.days.map(({ day, uses }) => [day, uses])))
      console.log(`${usage.total_uses} since the key was created`)
    }
    return exitCodes.fine
  }))

const revoke: MakeCommand = ({ env, ends }) => ofKey('revoke', 'revoke an API key')
  .action(ends(async (owner: string, keyId: string, options: Options) => {
    requireKeyId(keyId)
    await withAccounts(env, options, accounts => accounts.revokeApiKey(owner, keyId))
    if (options.json) printJson({ revoked: keyId })
    else console.log(`Revoked the API key ${keyId}.`)
    return exitCodes.fine
  }))

/** `flowgate api-key`: the API keys of any account. */
export const apiKeyCommand: MakeCommand = context => withExamples(
  [create, list, rotate, usage, revoke].reduce(
    (command, make) => command.addCommand(make(context)),
    new Command('api-key').description('create, list, rotate and revoke API keys')
  ),
  [
    ['flowgate api-key create ada --name "nightly build" --expires 90d', 'prints only the key'],
    ['flowgate api-key create ci --service --scope flows:read,apps:use --network 192.0.2.0/24 --limit 100/1s',
      'creates a restricted key of a service account, and the account if necessary'],
    ['flowgate api-key list --all --json', 'prints the keys of all accounts for a program'],
    ['flowgate api-key rotate ci KEY_ID --overlap 1h', 'prints the new key; the old one works for another hour']
  ]
)
