import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'dotenv'
import type { Source } from '../config.ts'
import { SetupError } from '../errors.ts'
import type { Env, SettingsOptions } from './command.ts'

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
export function settingsSources (
  env: Env, { envFile }: SettingsOptions, fromFlags: Source['values'] = {}
): Source[] {
  return [
    { label: 'command line', values: fromFlags },
    ...(envFile === undefined ? [] : [readEnvFile(envFile)]),
    { label: 'environment', values: env },
    ...(envFile === undefined && existsSync('.env') ? [readEnvFile('.env')] : [])
  ]
}
