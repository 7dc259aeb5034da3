import { existsSync } from 'node:fs'
import { COMMAND_LINE, readSettingsSource, type Source } from '../config.ts'
import type { Env, SettingsOptions } from './command.ts'

/** Where settings come from, the strongest first: flags, `--env-file`, the environment, `./.env` when it is there. */
export function settingsSources (
  env: Env, { envFile }: SettingsOptions, fromFlags: Source['values'] = {}
): Source[] {
  return [
    { label: COMMAND_LINE, values: fromFlags },
    ...(envFile === undefined ? [] : [readSettingsSource(envFile, env, true)]),
    { label: 'environment', values: env },
    ...(envFile === undefined && existsSync('.env') ? [readSettingsSource('.env', env, false)] : [])
  ]
}
