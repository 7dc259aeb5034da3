import type { Env, SettingsOptions } from '../command.ts'
import { readConfig } from '../settings-source.ts'
import type { AccountOperations } from './accounts.ts'

/** Reads the settings, and works on accounts. The services are loaded on first use, so that `--help` stays fast. */
export async function withAccounts<T> (
  env: Env, options: SettingsOptions, work: (accounts: AccountOperations) => Promise<T>
): Promise<T> {
  const operations = await import('./accounts.ts')
  return operations.withAccounts(readConfig(env, options), work)
}
