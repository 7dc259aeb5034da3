import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { prepareFolder } from './system/config-folder.ts'
import { generateSecretKey, parseSecretKey, type SecretKey, secretKeyProblem } from './crypto/secret-key.ts'
import { SetupError } from './errors.ts'
import { codeOf, reasonOf } from './system/errors.ts'

const FILE_NAME = 'secret_key'

/**
 * Reads the generated secret key from the folder, or creates it with mode 0600.
 * @param configDir LANGFLOW_CONFIG_DIR
 * @throws SetupError if the folder cannot be used or the file does not contain a valid key
 */
export function secretKeyFromFile (configDir: string): { text: string, path: string, isNew: boolean } {
  const path = join(configDir, FILE_NAME)
  try {
    if (!existsSync(path)) prepareFolder(configDir)
    const isNew = createOnce(path)
    closeToOthers(path)
    const text = readFileSync(path, 'utf8').trimEnd()
    const problem = secretKeyProblem(text)
    if (problem) throw invalid(path, problem)
    return { text, path, isNew }
  } catch (cause) {
    if (cause instanceof SetupError) throw cause
    throw invalid(path, `the file cannot be created or read: ${reasonOf(cause)}`, cause)
  }
}

/**
 * The mode of a file that belongs to another account (a mounted secret) cannot be changed. `flowgate doctor` reports a
 * file that others can read.
 */
function closeToOthers (path: string) {
  if ((statSync(path).mode & 0o077) === 0) return
  try {
    chmodSync(path, 0o600)
  } catch (error) {
    if (!['EPERM', 'EROFS', 'EACCES'].includes(codeOf(error))) throw error
  }
}

/** The keys of the process: the first encrypts, all decrypt. `keyFile` is set if the key was read from a file. */
export type ConfiguredKeys = {
  keys: readonly [SecretKey, ...SecretKey[]], keyFile: { path: string, isNew: boolean } | undefined
}

/**
 * The secret keys from the settings, or the key in LANGFLOW_CONFIG_DIR.
 * @param mayCreate whether a missing key is created
 * @throws SetupError if there is no key, or the folder cannot be used
 */
export function configuredKeys (
  { secretKey, secretKeyPrevious, configDir }: Pick<Config, 'secretKey' | 'secretKeyPrevious' | 'configDir'>,
  { mayCreate }: { mayCreate: boolean }
): ConfiguredKeys {
  if (secretKey === undefined && !mayCreate && !existsSync(join(configDir, FILE_NAME))) throw noKey(configDir)
  const keyFile = secretKey === undefined ? secretKeyFromFile(configDir) : undefined
  const current = parseSecretKey(secretKey ?? keyFile?.text ?? '')
  return { keys: [current, ...secretKeyPrevious.map(parseSecretKey)], keyFile }
}

/**
 * Creates the key file if it does not exist. The name of the draft is random, because processes in different containers
 * can have the same PID. link(2) succeeds for the first complete draft only; other processes read that file.
 * @returns whether this process created it
 */
function createOnce (path: string): boolean {
  if (existsSync(path)) return false
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(draft, generateSecretKey() + '\n', { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function invalid (path: string, problem: string, cause?: unknown): SetupError {
  return new SetupError([{
    subject: path,
    problem,
    remedy: 'Restore the key from a backup, set LANGFLOW_SECRET_KEY, or set LANGFLOW_CONFIG_DIR to another folder.'
  }], { cause })
}

function noKey (configDir: string): SetupError {
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `is not set, and ${configDir} contains no key`,
    remedy: 'Set it to the key of the running server, or set LANGFLOW_CONFIG_DIR to its folder.'
  }])
}
