import { Command } from 'commander'

/** Invalid configuration is 78, and comes from the SetupError. */
export const exitCodes = { fine: 0, failed: 1, wrongUse: 2 } as const

/** Invalid usage that only the action of the command can detect. */
export class UsageError extends Error {}

export type Env = Readonly<Record<string, string | undefined>>

/** Given to every command. */
export type Context = {
  env: Env
  /** Makes an action of work that resolves to an exit code, or to undefined while the server runs. */
  ends: <Args extends unknown[]>(work: (...args: Args) => Promise<number | undefined>) =>
  (...args: Args) => Promise<void>
}

export type MakeCommand = (context: Context) => Command

/** The option of every command that reads the settings. */
export type SettingsOptions = { envFile?: string }

/** The option of every command that prints results for programs too. */
export type JsonOptions = { json?: true }

export const withEnvFile = (command: Command) =>
  command.option('-e, --env-file <file>', 'read settings from this file; it takes precedence over the environment')

export const withJson = (command: Command) => command.option('--json', 'print the result as JSON')

/** Adds examples to the help: command lines with their effects. */
export function withExamples (command: Command, examples: ReadonlyArray<readonly [line: string, does: string]>) {
  const lines = examples.map(([line, does]) => `  $ ${line}\n      ${does}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

export const printJson = (value: unknown) => console.log(JSON.stringify(value, undefined, 2))
