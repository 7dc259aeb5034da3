import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'dotenv'
import type { Source } from '../config.ts'
import { SetupError } from '../errors.ts'
import type { Flag, Invocation } from './run-verb.ts'

/** The option every verb has that reads the settings. */
export const envFileFlag: Flag = {
  name: 'env-file', value: 'FILE', help: 'read settings from FILE; they win over the environment'
}

function readEnvFile (path: string): Source {
  try {
    return { label: path, values: parse(readFileSync(path)) }
  } catch (cause) {
    throw new SetupError([{
      subject: path, problem: 'the settings file cannot be read', remedy: 'Check the path given to --env-file.'
    }], { cause })
  }
}

/** Where settings come from, the strongest first: flags, `--env-file`, the environment, `./.env` when it is there. */
export function settingsSources ({ flags, env }: Invocation, fromFlags: Source['values'] = {}): Source[] {
  const file = flags['env-file']
  return [
    { label: 'command line', values: fromFlags },
    ...(typeof file === 'string' ? [readEnvFile(file)] : []),
    { label: 'environment', values: env },
    ...(file === undefined && existsSync('.env') ? [readEnvFile('.env')] : [])
  ]
}
