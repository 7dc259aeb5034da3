import { Command, CommanderError } from 'commander'
import { SetupError } from '../errors.ts'
import { reasonOf } from '../system/errors.ts'
import { version } from '../version.ts'
import { apiKeyCommand } from './commands/api-key.ts'
import { type Context, type Env, exitCodes, type MakeCommand, UsageError } from './command.ts'
import { completionCommand } from './commands/completion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { healthCommand } from './commands/health.ts'
import { migrateCommand } from './commands/migrate.ts'
import { openapiCommand } from './commands/openapi.ts'
import { runCommand } from './commands/run.ts'
import { secretKeyCommand } from './commands/secret-key.ts'
import { secretsCommand } from './commands/secrets.ts'
import { emphasize } from './terminal/style.ts'
import { superuserCommand } from './commands/superuser.ts'
import { usersCommand } from './commands/users.ts'

/** In the order of the help. */
const commands: MakeCommand[] = [
  runCommand, healthCommand, doctorCommand, superuserCommand, usersCommand, apiKeyCommand, secretKeyCommand,
  secretsCommand, migrateCommand, openapiCommand, completionCommand
]

const EXIT_CODES = `
Exit codes: 0 fine, 1 failed or refused, 2 wrong use, 78 bad configuration.
Settings come from the environment, from --env-file or from ./.env; docs/settings.md lists them.`

/** The whole command line. Nothing heavy is loaded before an action runs. */
export function createProgram (context: Context): Command {
  const program = new Command('flowgate')
    .description('Langflow\'s authentication API as one small service.')
    .version(version, '-V, --version')
    .addHelpText('after', EXIT_CODES)
  for (const make of commands) program.addCommand(make(context))
  return program
}

/** What every command of the tree has in common; a command does not inherit it by itself. */
function settle (command: Command) {
  command.exitOverride().configureHelp({
    styleTitle: emphasize,
    // The option that is everywhere says nothing; nor does a command that only repeats this.
    visibleCommands: ({ commands: all }) => [...all]
  }).helpCommand(false).showHelpAfterError(`(${pathOf(command)} --help tells more)`)
  for (const child of command.commands) settle(child)
}

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

/** Runs one command line. @returns its exit code, or none while it goes on serving */
export async function runProgram (args: string[], env: Env): Promise<number | undefined> {
  let code: number | undefined = exitCodes.fine
  const program = createProgram({ env, ends: work => async (...given) => { code = await work(...given) } })
  settle(program)
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
    console.error(`flowgate: ${count} problem${count === 1 ? '' : 's'} to mend first\n\n${error.message}`)
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
