import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SetupError } from '../errors.ts'
import { codeOf, reasonOf } from './errors.ts'

/** Permissions of accounts other than the owner. */
const OTHERS = 0o077

/** Whether other accounts may access a folder. Its files have restricted modes regardless. */
export const isOpenToOthers = (path: string): boolean => (statSync(path).mode & OTHERS) !== 0

/** Errors of chmod that do not prevent the use of the folder. */
const harmless = new Set(['EPERM', 'EROFS', 'ENOTSUP', 'EINVAL'])

/**
 * Creates a folder of LANGFLOW_CONFIG_DIR with mode 0700. Restricts the mode of an existing folder if possible: a
 * volume may belong to another account (`fsGroup` of Kubernetes) or have no modes.
 * @throws SetupError with the absolute path and the reason if the folder cannot be created or used
 */
export function prepareFolder (path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unusable(path, 'cannot be created', cause)
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    if (isOpenToOthers(path)) closeToOthers(path)
  } catch (cause) {
    throw unusable(path, 'cannot be used', cause)
  }
}

function closeToOthers (path: string) {
  try {
    chmodSync(path, 0o700)
  } catch (error) {
    if (!harmless.has(codeOf(error))) throw error
  }
}

/** @throws SetupError for a failure in LANGFLOW_CONFIG_DIR, with the absolute path and the reason */
export const unusable = (path: string, problem: string, cause: unknown): SetupError => new SetupError([{
  subject: 'LANGFLOW_CONFIG_DIR',
  problem: `${resolve(path)} ${problem}: ${reasonOf(cause)}`,
  remedy: remedyFor(codeOf(cause))
}], { cause })

function remedyFor (code: string): string {
  switch (code) {
    case 'EROFS': return 'Mount a writable volume there, or set another folder. With LANGFLOW_DATABASE_URL and ' +
      'LANGFLOW_SECRET_KEY, no folder is needed.'
    case 'ENOSPC':
    case 'EDQUOT': return 'Free space on the disk, or set a folder on another disk.'
    case 'ENOTDIR':
    case 'EEXIST': return 'A file has this name. Move it, or set another folder.'
    default: return `Give the account that runs Flowgate (user ID ${process.getuid?.() ?? 'unknown'}) write access, or ` +
      'set another folder.'
  }
}
