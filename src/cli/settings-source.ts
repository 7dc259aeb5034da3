import { existsSync } from 'node:fs'
import { COMMAND_LINE, type Config, loadConfig, readSettingsSource, type Source } from '../config.ts'
import type { Env, SettingsOptions } from './command.ts'

/** The sources of settings in order of precedence: flags, `--env-file`, the environment, `./.env` where it exists. */
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

/** The settings of a command. @throws SetupError */
export const readConfig = (env: Env, options: SettingsOptions, fromFlags?: Source['values']): Config =>
  loadConfig(settingsSources(env, options, fromFlags))
