import { Command } from 'commander'

/** 0 fine, 1 failed, 2 wrong use; bad configuration is 78, and a SetupError brings it along. */
export const exitCodes = { fine: 0, failed: 1, wrongUse: 2 } as const

/** The command was called wrongly, in a way that only its action can see. */
export class UsageError extends Error {}

export type Env = Readonly<Record<string, string | undefined>>

/** What every command is made with. */
export type Context = {
  env: Env
  /** Makes an action of work that resolves to an exit code, or to none while it goes on serving. */
  ends: <Args extends unknown[]>(work: (...args: Args) => Promise<number | undefined>) =>
  (...args: Args) => Promise<void>
}

export type MakeCommand = (context: Context) => Command

/** The option of every command that reads the settings. */
export type SettingsOptions = { envFile?: string }

/** The option of every command whose result programs may want. */
export type JsonOptions = { json?: true }

export const withEnvFile = (command: Command) =>
  command.option('--env-file <file>', 'read settings from this file; they win over the environment')

export const withJson = (command: Command) => command.option('--json', 'print the result as JSON')

/** Examples under the help: a command line each, and what it does. */
export function withExamples (command: Command, examples: ReadonlyArray<readonly [line: string, does: string]>) {
  const lines = examples.map(([line, does]) => `  $ ${line}\n      ${does}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

/** The result as programs read it. */
export const printJson = (value: unknown) => console.log(JSON.stringify(value, undefined, 2))
