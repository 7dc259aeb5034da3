import { Command, CommanderError } from 'commander'
import { SetupError } from '../errors.ts'
import { reasonOf } from '../system/errors.ts'
import { version } from '../version.ts'
import { apiKeyCommand } from './commands/accounts/api-key.ts'
import { type Context, type Env, exitCodes, type MakeCommand, UsageError } from './command.ts'
import { accessCommand } from './commands/access.ts'
import { completionCommand } from './commands/completion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { healthCommand } from './commands/health.ts'
import { migrateCommand } from './commands/migrate.ts'
import { openapiCommand } from './commands/openapi.ts'
import { runCommand } from './commands/run.ts'
import { secretKeyCommand } from './commands/keys/secret-key.ts'
import { secretsCommand } from './commands/keys/secrets.ts'
import { emphasize } from './terminal/style.ts'
import { signingKeysCommand } from './commands/keys/signing-keys.ts'
import { superuserCommand } from './commands/accounts/superuser.ts'
import { usersCommand } from './commands/accounts/users.ts'

/** In the order of the help. */
const commands: MakeCommand[] = [
  runCommand, healthCommand, doctorCommand, superuserCommand, usersCommand, apiKeyCommand, secretKeyCommand,
  secretsCommand, signingKeysCommand, accessCommand, migrateCommand, openapiCommand, completionCommand
]

const EXIT_CODES = `
Exit codes: 0 success, 1 failed or refused, 2 invalid usage, 78 invalid configuration.
Settings are read from --env-file, from the environment or from ./.env. docs/settings.md lists them.`

/** The command line. Actions load what they need when they run. */
export function createProgram (context: Context): Command {
  const program = new Command('flowgate')
    .description('Langflow\'s authentication API as one small service.')
    .version(version, '-V, --version')
    .addHelpText('after', EXIT_CODES)
  for (const make of commands) program.addCommand(make(context))
  return program
}

/** Options that a command does not inherit from its parent. */
function configure (command: Command) {
  command.exitOverride().configureHelp({
    styleTitle: emphasize,
    // Without the `help` command, which repeats --help.
    visibleCommands: ({ commands: all }) => [...all]
  }).helpCommand(false).showHelpAfterError(`(see ${pathOf(command)} --help)`)
  for (const child of command.commands) configure(child)
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

/** Runs one command line. @returns its exit code, or undefined while the server runs */
export async function runProgram (args: string[], env: Env): Promise<number | undefined> {
  let code: number | undefined = exitCodes.fine
  const program = createProgram({ env, ends: work => async (...given) => { code = await work(...given) } })
  configure(program)
  try {
    await program.parseAsync(args.length > 0 ? args : ['--help'], { from: 'user' })
    return code
  } catch (error) {
    return report(error)
  }
}

function report (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.wrongUse
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}`)
    return exitCodes.wrongUse
  }
  if (error instanceof SetupError) {
    const count = error.problems.length
    console.error(`flowgate: ${count} error${count === 1 ? '' : 's'}\n\n${error.message}`)
    return error.exitCode
  }
  if (error instanceof Error && 'syscall' in error) {
    const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : ''
    console.error(`flowgate: ${path}${reasonOf(error)}`)
    return exitCodes.failed
  }
  console.error(error)
  return exitCodes.failed
}
