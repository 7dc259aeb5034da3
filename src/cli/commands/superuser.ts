import { Command } from 'commander'
import type { AccountServices } from '../operations/command-services.ts'
import {
  type Context, exitCodes, type MakeCommand, type SettingsOptions, withEnvFile, withExamples
} from '../command.ts'
import { readPassword } from '../terminal/password-input.ts'

type Options = SettingsOptions & { keepApiKeys?: true }

type Action = (services: AccountServices, name: string, password: string, options: Options) => Promise<string>

const create: Action = async ({ administration }, name, password) => {
  const { username } = await administration.createSuperuser(name, password)
  return `The superuser ${JSON.stringify(username)} was created, and may sign in.`
}

const resetPassword: Action = async ({ administration }, name, password, { keepApiKeys = false }) => {
  const { username, keysDisabled } = await administration.resetPassword(name, password, { keepApiKeys })
  const keys = keysDisabled === 1 ? '1 API key is' : `${keysDisabled} API keys are`
  return `The password of ${JSON.stringify(username)} was set. Its sessions have ended` +
    (keepApiKeys ? '.' : `, and ${keys} switched off.`)
}

const unlock: Action = async ({ administration }, name) => {
  const { username } = await administration.unlock(name)
  return `Nothing slows the sign-in of ${JSON.stringify(username)} any more.`
}

function subcommand (
  { env, ends }: Context, name: string, description: string, action: Action, { asksPassword }: { asksPassword: boolean }
) {
  return withEnvFile(new Command(name).description(description))
    .argument('<name>', 'username of the account')
    .action(ends(async (account: string, options: Options) => {
      // Before the database is opened: people type slowly.
      const typed = asksPassword ? await readPassword() : ''
      const { withAccountServices } = await import('../operations/command-services.ts')
      console.log(await withAccountServices(env, options, services => action(services, account, typed, options)))
      return exitCodes.fine
    }))
}

/** `flowgate superuser`: for whoever runs the server and cannot sign in. */
export const superuserCommand: MakeCommand = context => withExamples(
  new Command('superuser')
    .description('make a superuser, set a password, clear what slows a sign-in')
    .addCommand(subcommand(context, 'create', 'make an active superuser', create, { asksPassword: true }))
    .addCommand(subcommand(context, 'reset-password', 'set the password of any account', resetPassword,
      { asksPassword: true }).option('--keep-api-keys', 'leave the API keys of the account on'))
    .addCommand(subcommand(context, 'unlock', 'clear what slows the sign-in of any account', unlock,
      { asksPassword: false }))
    .addHelpText('after', `
Passwords are read from standard input, or asked for without showing them. The server may serve meanwhile on
PostgreSQL; the embedded database is open to one process at a time, so stop it first.`),
  [
    ['flowgate superuser reset-password administrator < password.txt', 'sets it from a file'],
    ['flowgate superuser create second', 'asks for the password']
  ]
)
