import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type Server } from 'node:tls'
import { SetupError } from './errors.ts'
import { reasonOf } from './system/errors.ts'

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
const LOOK_EVERY_MS = 60_000

type Renewal = {
  /** Reads the files now, changed or not. */
  reload: () => void
  stop: () => void
}

type RenewalEvents = { onRenewed: () => void, onError: (error: unknown) => void }

/**
 * Serves a renewed certificate without a restart: to new connections, within a minute of a change of the files or at
 * once by `reload`. Files that cannot be used leave the old certificate in place.
 */
export function renewTls (server: Server, paths: TlsPaths, { onRenewed, onError }: RenewalEvents): Renewal {
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
    const now = stateOf(paths)
    if (now === seen) return
    // Certificate and key are replaced one after the other: a pair that does not fit is read again at the next look.
    reload()
  }, LOOK_EVERY_MS).unref()
  return { reload, stop: () => clearInterval(timer) }
}

/** Changes when one of the files is replaced or written. */
function stateOf ({ sslCertFile, sslKeyFile }: TlsPaths): string {
  return [sslCertFile, sslKeyFile].map(path => {
    const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
    return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : ''
  }).join()
}
