import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import { SetupError } from '../errors.ts'
import { codeOf, reasonOf } from './errors.ts'

export type Tls = { cert: Buffer, key: Buffer }

/** The settings that name certificate and key. */
export type TlsPaths = { sslCertFile?: string | undefined, sslKeyFile?: string | undefined }

/**
 * Reads the certificate and key for https, if they are set.
 * @throws SetupError if one is missing, cannot be read, or they do not match
 */
export function readTls ({ sslCertFile, sslKeyFile }: TlsPaths): Tls | undefined {
  if (sslCertFile === undefined || sslKeyFile === undefined) return undefined
  const tls = { cert: read('LANGFLOW_SSL_CERT_FILE', sslCertFile), key: read('LANGFLOW_SSL_KEY_FILE', sslKeyFile) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw invalid('LANGFLOW_SSL_CERT_FILE', 'certificate and key are not in PEM, or do not belong together', cause)
  }
  return tls
}

function read (name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw invalid(name, `the file ${path} cannot be read: ${reasonOf(cause)}`, cause)
  }
}

const invalid = (subject: string, problem: string, cause: unknown) => new SetupError([{
  subject, problem, remedy: 'Specify the PEM files of the certificate (with its chain) and of its private key.'
}], { cause })

/** Interval at which the files are checked. */
export const CHECK_EVERY_MS = 60_000

type Renewal = {
  /** Reads the files immediately, even if they have not changed. */
  reload: () => void
  stop: () => void
}

type RenewalOptions = { onRenewed: () => void, onError: (error: unknown) => void, checkEveryMs?: number }

/**
 * Loads a renewed certificate without a restart. New connections use it within a minute after the files change, or
 * immediately after `reload`. If the files are invalid, the old certificate stays in use.
 */
export function renewTls (
  server: Server, paths: TlsPaths, { onRenewed, onError, checkEveryMs = CHECK_EVERY_MS }: RenewalOptions
): Renewal {
  let seen = stateOf(paths)
  const reload = () => {
    try {
      const tls = readTls(paths)
      seen = stateOf(paths)
      if (!tls) return
      server.setSecureContext(tls)
      onRenewed()
    } catch (error) {
      onError(error)
    }
  }
  const timer = setInterval(() => {
    // Certificate and key are not replaced at the same time. If they do not match yet, the next check reads them again.
    if (stateOf(paths) !== seen) reload()
  }, checkEveryMs).unref()
  return { reload, stop: () => clearInterval(timer) }
}

/** Changes if one of the files is replaced, written or removed. */
const stateOf = ({ sslCertFile = '', sslKeyFile = '' }: TlsPaths): string => [sslCertFile, sslKeyFile].map(path => {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return codeOf(error)
  }
}).join()
