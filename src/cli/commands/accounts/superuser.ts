import { Command } from 'commander'
import {
  type Context, exitCodes, type MakeCommand, type SettingsOptions, withEnvFile, withExamples
} from '../../command.ts'
import type { AccountOperations } from '../../operations/accounts.ts'
import { withAccounts } from '../../operations/load-accounts.ts'
import { readPassword } from '../../terminal/password-input.ts'

type Options = SettingsOptions & { keepApiKeys?: true }

type Action = (accounts: AccountOperations, name: string, password: string, options: Options) => Promise<string>

const create: Action = async ({ createSuperuser }, name, password) => {
  const { username } = await createSuperuser(name, password)
  return `Created the superuser ${JSON.stringify(username)}. It is active.`
}

const resetPassword: Action = async (accounts, name, password, { keepApiKeys = false }) => {
  const { username, keysDisabled } = await accounts.resetPassword(name, password, { keepApiKeys })
  const keys = keysDisabled === 1 ? '1 API key' : `${keysDisabled} API keys`
  return `Set the password of ${JSON.stringify(username)} and ended its sessions.` +
    (keepApiKeys ? '' : ` Deactivated ${keys}.`)
}

const unlock: Action = async (accounts, name) => {
  const { username } = await accounts.unlock(name)
  return `Cleared the failed sign-ins of ${JSON.stringify(username)}.`
}

function subcommand (
  { env, ends }: Context, name: string, description: string, action: Action, { asksPassword }: { asksPassword: boolean }
) {
  return withEnvFile(new Command(name).description(description))
    .argument('<name>', 'username of the account')
    .action(ends(async (account: string, options: Options) => {
      // Before the database is opened: people type slowly.
      const typed = asksPassword ? await readPassword() : ''
      console.log(await withAccounts(env, options, accounts => action(accounts, account, typed, options)))
      return exitCodes.fine
    }))
}

/** `flowgate superuser`: for operators who cannot sign in. */
export const superuserCommand: MakeCommand = context => withExamples(
  new Command('superuser')
    .description('create a superuser, set a password, clear failed sign-ins')
    .addCommand(subcommand(context, 'create', 'create an active superuser', create, { asksPassword: true }))
    .addCommand(subcommand(context, 'reset-password', 'set the password of any account', resetPassword,
      { asksPassword: true }).option('--keep-api-keys', 'do not deactivate the API keys of the account'))
    .addCommand(subcommand(context, 'unlock', 'clear the failed sign-ins of any account', unlock,
      { asksPassword: false }))
    .addHelpText('after', `
Passwords are read from standard input; on a terminal the command asks for them. The server may keep running.`),
  [
    ['flowgate superuser reset-password administrator < password.txt', 'sets the password from a file'],
    ['flowgate superuser create second', 'asks for the password']
  ]
)
