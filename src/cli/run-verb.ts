import { parseArgs, type ParseArgsConfig } from 'node:util'
import { SetupError } from '../errors.ts'
import { version } from '../version.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** One option as the help shows it. */
export type Flag = { name: string, value?: string, help: string }

export type Invocation = {
  flags: Readonly<Record<string, string | boolean | undefined>>
  words: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

/** One verb: what it takes, what it does. It resolves to an exit code, or to none while it goes on serving. */
export type Verb = {
  summary: string
  usage: string
  flags: readonly Flag[]
  run: (invocation: Invocation) => Promise<number | undefined>
}

/** The process is done; 0 fine, 1 failed, 2 wrong use, 78 bad configuration. */
export const exitCodes = { fine: 0, failed: 1, wrongUse: 2 } as const

/** The command was called wrongly. */
export class UsageError extends Error {}

function overview (verbs: Record<string, Verb>): string {
  const width = Math.max(...Object.keys(verbs).map(name => name.length)) + 2
  return [
    `flowgate ${version}`, '', 'usage: flowgate VERB [options]', '',
    ...Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`), '',
    'flowgate VERB --help tells more.', ''
  ].join('\n')
}

function manual ({ summary, usage, flags }: Verb): string {
  const rows = flags.map(({ name, value, help }) => [`--${name}${value ? ` ${value}` : ''}`, help] as const)
  const width = Math.max(0, ...rows.map(([flag]) => flag.length)) + 2
  return [summary, '', `usage: flowgate ${usage}`, '', ...rows.map(([flag, help]) => `  ${flag.padEnd(width)}${help}`), '']
    .join('\n')
}

function parse (verb: Verb, args: string[]): Pick<Invocation, 'flags' | 'words'> {
  const options: Options = { help: { type: 'boolean', short: 'h' } }
  for (const { name, value } of verb.flags) options[name] = { type: value ? 'string' : 'boolean' }
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    return { flags: values as Invocation['flags'], words: positionals } // no option is `multiple`
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Finds the verb, runs it, and turns whatever happens into an exit code. */
export async function runVerb (
  verbs: Record<string, Verb>, [name, ...args]: string[], env: Invocation['env']
): Promise<number | undefined> {
  if (name === '--version') {
    console.log(version)
    return exitCodes.fine
  }
  const verb = name === undefined ? undefined : verbs[name]
  if (!verb) {
    const isHelp = name === undefined || name === '--help' || name === '-h' || name === 'help'
    if (isHelp) console.log(overview(verbs))
    else console.error(`flowgate: unknown verb ${name}\n\n${overview(verbs)}`)
    return isHelp ? exitCodes.fine : exitCodes.wrongUse
  }
  try {
    const parsed = parse(verb, args)
    if (parsed.flags['help']) {
      console.log(manual(verb))
      return exitCodes.fine
    }
    return await verb.run({ ...parsed, env })
  } catch (error) {
    return report(error, name ?? '')
  }
}

function report (error: unknown, verb: string): number {
  if (error instanceof UsageError) {
    console.error(`flowgate ${verb}: ${error.message}\nflowgate ${verb} --help tells more.`)
    return exitCodes.wrongUse
  }
  if (error instanceof SetupError) {
    const count = error.problems.length
    console.error(`flowgate ${verb}: ${count} problem${count === 1 ? '' : 's'} to mend first\n\n${error.message}`)
    return error.exitCode
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    console.error(`flowgate ${verb}: the port is taken\n    Stop what listens there, or choose another with --port.`)
    return exitCodes.failed
  }
  console.error(error)
  return exitCodes.failed
}
