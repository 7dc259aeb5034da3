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
 * The secret key of a set-up that was given none: read from the folder, or made there with mode 0600.
 * @param configDir LANGFLOW_CONFIG_DIR
 * @throws SetupError when the folder cannot be used or what it holds is no key
 */
export function secretKeyFromFile (configDir: string): { text: string, path: string, isNew: boolean } {
  const path = join(configDir, FILE_NAME)
  try {
    if (!existsSync(path)) prepareFolder(configDir)
    const isNew = makeOnce(path)
    closeToOthers(path)
    const text = readFileSync(path, 'utf8').trimEnd()
    const problem = secretKeyProblem(text)
    if (problem) throw unfit(path, problem)
    return { text, path, isNew }
  } catch (cause) {
    if (cause instanceof SetupError) throw cause
    throw unfit(path, `the file cannot be created or read: ${reasonOf(cause)}`, cause)
  }
}

/** A file of another account (a mounted secret) keeps its mode; `flowgate doctor` reports one that others can read. */
function closeToOthers (path: string) {
  if ((statSync(path).mode & 0o077) === 0) return
  try {
    chmodSync(path, 0o600)
  } catch (error) {
    if (!['EPERM', 'EROFS', 'EACCES'].includes(codeOf(error))) throw error
  }
}

/** The keys of a process: the first encrypts, any decrypts. `kept` tells of one that was not set but is kept. */
export type ConfiguredKeys = {
  keys: readonly [SecretKey, ...SecretKey[]], kept: { path: string, isNew: boolean } | undefined
}

/**
 * The secret keys the settings name, or the one kept in LANGFLOW_CONFIG_DIR.
 * @param mayMake whether one is made where there is none
 * @throws SetupError when there is none, or the folder cannot be used
 */
export function configuredKeys (
  { secretKey, secretKeyPrevious, configDir }: Pick<Config, 'secretKey' | 'secretKeyPrevious' | 'configDir'>,
  { mayMake }: { mayMake: boolean }
): ConfiguredKeys {
  if (secretKey === undefined && !mayMake && !existsSync(join(configDir, FILE_NAME))) throw noKey(configDir)
  const kept = secretKey === undefined ? secretKeyFromFile(configDir) : undefined
  const current = parseSecretKey(secretKey ?? kept?.text ?? '')
  return { keys: [current, ...secretKeyPrevious.map(parseSecretKey)], kept }
}

/**
 * Makes the key file, when there is none. The draft's name is random, since processes of several containers have the
 * same number; link(2) gives the final name to the first complete draft alone, and the other processes read that one.
 * @returns whether this process made it
 */
function makeOnce (path: string): boolean {
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

function unfit (path: string, problem: string, cause?: unknown): SetupError {
  return new SetupError([{
    subject: path,
    problem,
    remedy: 'Put the key back from your copy, set LANGFLOW_SECRET_KEY, or name another folder in LANGFLOW_CONFIG_DIR.'
  }], { cause })
}

function noKey (configDir: string): SetupError {
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `is not set, and no key is kept in ${configDir}`,
    remedy: 'Set it to the key of the running server, or name its folder in LANGFLOW_CONFIG_DIR.'
  }])
}
