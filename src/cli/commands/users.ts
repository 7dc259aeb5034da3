import { Command } from 'commander'
import { operator } from '../../services/access/principal.ts'
import type { PublicUser } from '../../db/queries/account-columns.ts'
import type { AccountServices } from '../operations/command-services.ts'
import {
  type Context, exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile,
  withExamples, withJson
} from '../command.ts'
import { confirm } from '../terminal/confirm.ts'
import { wholeNumber } from '../whole-number.ts'
import { readPassword } from '../terminal/password-input.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions
type ListOptions = Options & { search?: string, waiting?: boolean, skip: number, limit: number }

const withServices = async <T>(
  env: Context['env'], options: Options, work: (services: AccountServices) => Promise<T>
) => {
  const { withAccountServices } = await import('../operations/command-services.ts')
  return withAccountServices(env, options, work)
}

const shown = ({ id, username, isActive, isSuperuser, createdAt, lastLoginAt }: PublicUser) =>
  ({ id, username, is_active: isActive, is_superuser: isSuperuser, created_at: createdAt, last_login_at: lastLoginAt })

const subcommand = (name: string, description: string) =>
  withJson(withEnvFile(new Command(name).description(description)))

const ofAccount = (name: string, description: string) =>
  subcommand(name, description).argument('<name>', 'username of the account')

const list: MakeCommand = ({ env, ends }) => subcommand('list', 'list accounts, by name')
  .option('--search <text>', 'only names with this in them')
  .option('--waiting', 'only accounts that wait for approval')
  .option('--skip <number>', 'leave out so many', wholeNumber(0), 0)
  .option('--limit <number>', 'show so many at most', wholeNumber(1), 50)
  .action(ends(async ({ search, waiting = false, skip, limit, ...options }: ListOptions) => {
    const { total, users } = await withServices(env, options, ({ userLists }) => userLists.page({
      search, waiting, skip, limit, sort: { by: 'username', isDescending: false }
    }))
    if (options.json) {
      printJson({ total_count: total, users: users.map(shown) })
    } else {
      const yes = (is: boolean) => is ? 'yes' : 'no'
      console.log(await formatTable(['username', 'active', 'superuser', 'made', 'last sign-in', 'id'],
        users.map(user => [
          user.username, yes(user.isActive), yes(user.isSuperuser), user.createdAt.toISOString(),
          user.lastLoginAt?.toISOString() ?? 'never', user.id])))
      console.log(`${users.length} of ${total}`)
    }
    return exitCodes.fine
  }))

const create: MakeCommand = ({ env, ends }) =>
  ofAccount('create', 'make an account; its password comes from standard input')
    .option('--active', 'it may sign in at once (unless given: as LANGFLOW_NEW_USER_IS_ACTIVE says)')
    .action(ends(async (name: string, { active, ...options }: Options & { active?: true }) => {
      const password = await readPassword()
      const user = await withServices(env, options, ({ users }) =>
        users.create(operator, { username: name, password, isActive: active }))
      if (options.json) printJson(shown(user))
      else {
        console.log(`The account ${JSON.stringify(user.username)} was made, and ` +
        (user.isActive ? 'may sign in.' : `waits for approval: flowgate users activate ${user.username}`))
      }
      return exitCodes.fine
    }))

/** `activate` and `deactivate`: one change with two values. */
const switching = (isActive: boolean): MakeCommand => ({ env, ends }) => ofAccount(
  isActive ? 'activate' : 'deactivate',
  isActive ? 'let an account sign in' : 'keep an account out, and end its sessions'
).action(ends(async (name: string, options: Options) => {
  const { user, isChanged } = await withServices(env, options, async ({ administration, users }) =>
    users.update(operator, (await administration.byName(name)).id, { isActive }))
  const state = isActive ? 'active' : 'not active'
  if (options.json) printJson(shown(user))
  else {
    const since = isChanged ? 'is now' : 'was already'
    console.log(`The account ${JSON.stringify(user.username)} ${since} ${state}.`)
  }
  return exitCodes.fine
}))

const remove: MakeCommand = ({ env, ends }) => ofAccount('delete', 'delete an account and all that it owns')
  .option('--yes', 'do not ask')
  .action(ends(async (name: string, { yes, ...options }: Options & { yes?: true }) => {
    if (!yes) await confirm(`Delete the account ${JSON.stringify(name)} and all that it owns?`)
    const account = await withServices(env, options, async ({ administration, users }) => {
      const found = await administration.byName(name)
      await users.remove(operator, found.id)
      return found
    })
    if (options.json) printJson({ deleted: account.id })
    else console.log(`The account ${JSON.stringify(account.username)} is deleted.`)
    return exitCodes.fine
  }))

/** `flowgate users`: accounts, by whoever runs the server; the rules of the API hold. */
export const usersCommand: MakeCommand = context => withExamples(
  [list, create, switching(true), switching(false), remove].reduce(
    (command, make) => command.addCommand(make(context)),
    new Command('users').description('list, make, activate, deactivate and delete accounts')
  ),
  [
    ['flowgate users list --waiting', 'who waits for approval'],
    ['flowgate users create ada --active < password.txt', 'an account that may sign in at once'],
    ['flowgate users deactivate ada', 'its sessions end within a second, on every replica']
  ]
)
