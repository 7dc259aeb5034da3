import { Command } from 'commander'
import { presentUser } from '../../../presenters/accounts/users.ts'
import type { ListedUser } from '../../../services/accounts/user-lists.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile,
  withExamples, withJson
} from '../../command.ts'
import type { AccountOperations } from '../../operations/accounts.ts'
import { withAccounts } from '../../operations/load-accounts.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { confirm } from '../../terminal/confirm.ts'
import { readPassword } from '../../terminal/password-input.ts'
import { formatDay, formatTable } from '../../terminal/table.ts'
import { wholeNumber } from '../../values/whole-number.ts'

type Options = SettingsOptions & JsonOptions
type ListOptions = Options & PageOptions & { search?: string, waiting?: boolean }

const subcommand = (name: string, description: string) =>
  withJson(withEnvFile(new Command(name).description(description)))

const ofAccount = (name: string, description: string) =>
  subcommand(name, description).argument('<name>', 'username of the account')

const readUsers = (accounts: AccountOperations, { search, waiting = false, ...page }: ListOptions) =>
  readPages(page, async (skip, limit) => {
    const { total, users: rows } = await accounts.listUsers({
      search, waiting, skip, limit, sort: { by: 'username', isDescending: false }
    })
    return { total, rows }
  })

const roleOf = ({ isService, isSuperuser }: ListedUser) =>
  isService ? (isSuperuser ? 'service, superuser' : 'service') : isSuperuser ? 'superuser' : 'user'

/** A listed account as the API presents it, marked if it is a service account. */
const presentListed = (user: ListedUser) => ({ ...presentUser(user), is_service: user.isService })

const list: MakeCommand = ({ env, ends }) => subcommand('list', 'list accounts by username')
  .option('--search <text>', 'only usernames that contain this text')
  .option('--waiting', 'only accounts pending approval')
  .option('--skip <number>', 'number of accounts to skip', wholeNumber(0), 0)
  .option('--limit <number>', 'maximum number of accounts to print', wholeNumber(1), 50)
  .action(ends(async (options: ListOptions) => {
    const { total, rows: users } = await withAccounts(env, options, accounts => readUsers(accounts, options))
    if (options.json) {
      printJson({ total_count: total, users: users.map(presentListed) })
      return exitCodes.fine
    }
    const rows = users.map(user => [
      user.username, user.isActive ? 'active' : 'inactive', roleOf(user), formatDay(user.createdAt),
      formatDay(user.lastLoginAt, 'never'), user.id
    ])
    console.log(await formatTable(['username', 'status', 'role', 'created', 'last sign-in', { id: 'id' }], rows))
    console.log(`${users.length} of ${total}`)
    return exitCodes.fine
  }))

type CreateOptions = Options & { active?: true, service?: true }

const create: MakeCommand = ({ env, ends }) =>
  ofAccount('create', 'create an account; the password is read from standard input')
    .option('--active', 'activate the account at once (default: LANGFLOW_NEW_USER_IS_ACTIVE)')
    .option('--service', 'create a service account: it is active, has no password and uses only API keys')
    .action(ends(async (name: string, { active, service, ...options }: CreateOptions) => {
      const password = service ? undefined : await readPassword()
      const user = await withAccounts(env, options, accounts => password === undefined
        ? accounts.createServiceAccount(name)
        : accounts.createUser(name, password, active))
      const next = user.isActive ? 'It is active.' : `It is pending approval: flowgate users activate ${user.username}`
      if (options.json) printJson(presentUser(user))
      else if (service) {
        console.log(`Created the service account ${JSON.stringify(user.username)}. ` +
          `Create a key for it: flowgate api-key create ${user.username}`)
      } else console.log(`Created the account ${JSON.stringify(user.username)}. ${next}`)
      return exitCodes.fine
    }))

/** `activate` and `deactivate` set one field to two values. */
const switching = (isActive: boolean): MakeCommand => ({ env, ends }) => ofAccount(
  isActive ? 'activate' : 'deactivate',
  isActive ? 'allow an account to sign in' : 'prevent an account from signing in, and end its sessions'
).action(ends(async (name: string, options: Options) => {
  const { user, isChanged } = await withAccounts(env, options, accounts => accounts.setUserActive(name, isActive))
  const state = isActive ? 'active' : 'inactive'
  if (options.json) printJson(presentUser(user))
  else {
    const verb = isChanged ? 'is now' : 'was already'
    console.log(`The account ${JSON.stringify(user.username)} ${verb} ${state}.`)
  }
  return exitCodes.fine
}))

const remove: MakeCommand = ({ env, ends }) => ofAccount('delete', 'delete an account and everything it owns')
  .option('--yes', 'do not ask for confirmation')
  .action(ends(async (name: string, { yes, ...options }: Options & { yes?: true }) => {
    if (!yes) await confirm(`Delete the account ${JSON.stringify(name)} and everything it owns?`)
    const account = await withAccounts(env, options, accounts => accounts.deleteUser(name))
    if (options.json) printJson({ deleted: account.id })
    else console.log(`Deleted the account ${JSON.stringify(account.username)}.`)
    return exitCodes.fine
  }))

/** `flowgate users`: administers accounts by the rules of the API. */
export const usersCommand: MakeCommand = context => withExamples(
  [list, create, switching(true), switching(false), remove].reduce(
    (command, make) => command.addCommand(make(context)),
    new Command('users').description('list, create, activate, deactivate and delete accounts')
  ),
  [
    ['flowgate users list --waiting', 'lists the accounts pending approval'],
    ['flowgate users create ada --active < password.txt', 'creates an account that may sign in at once'],
    ['flowgate users create ci --service', 'creates an account for a program, without a password'],
    ['flowgate users deactivate ada', 'ends its sessions within a second, on every replica']
  ]
)
