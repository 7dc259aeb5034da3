import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import { SetupError } from '../errors.ts'
import { codeOf, reasonOf } from './errors.ts'

export type Tls = { cert: Buffer, key: Buffer }

/** The settings that name certificate and key. */
export type TlsPaths = { sslCertFile?: string | undefined, sslKeyFile?: string | undefined }

/**
 * The certificate and key to serve https with, when the settings name them.
 * @throws SetupError when one is missing, cannot be read, or they do not fit together
 */
export function readTls ({ sslCertFile, sslKeyFile }: TlsPaths): Tls | undefined {
  if (sslCertFile === undefined || sslKeyFile === undefined) return undefined
  const tls = { cert: read('LANGFLOW_SSL_CERT_FILE', sslCertFile), key: read('LANGFLOW_SSL_KEY_FILE', sslKeyFile) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw unfit('LANGFLOW_SSL_CERT_FILE', 'certificate and key are not in PEM, or do not belong together', cause)
  }
  return tls
}

function read (name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw unfit(name, `the file ${path} cannot be read: ${reasonOf(cause)}`, cause)
  }
}

const unfit = (subject: string, problem: string, cause: unknown) => new SetupError([{
  subject, problem, remedy: 'Name the PEM files of the certificate (with its chain) and of its private key.'
}], { cause })

/** How often the files are looked at. */
export const LOOK_EVERY_MS = 60_000

type Renewal = {
  /** Reads the files now, changed or not. */
  reload: () => void
  stop: () => void
}

type RenewalOptions = { onRenewed: () => void, onError: (error: unknown) => void, lookEveryMs?: number }

/**
 * Serves a renewed certificate without a restart: to new connections, within a minute of a change of the files or at
 * once by `reload`. Files that cannot be used leave the old certificate in place.
 */
export function renewTls (
  server: Server, paths: TlsPaths, { onRenewed, onError, lookEveryMs = LOOK_EVERY_MS }: RenewalOptions
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
    // Certificate and key are replaced one after the other: a pair that does not fit is read again at the next look.
    if (stateOf(paths) !== seen) reload()
  }, lookEveryMs).unref()
  return { reload, stop: () => clearInterval(timer) }
}

/** Changes when one of the files is replaced, written or taken away. */
const stateOf = ({ sslCertFile = '', sslKeyFile = '' }: TlsPaths): string => [sslCertFile, sslKeyFile].map(path => {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return codeOf(error)
  }
}).join()
