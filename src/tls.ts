import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { SetupError } from './errors.ts'

export type Tls = { cert: Buffer, key: Buffer }

/**
 * The certificate and key to serve https with, when the settings name them.
 * @throws SetupError when one is missing, cannot be read, or they do not fit together
 */
export function readTls ({ sslCertFile, sslKeyFile }: {
  sslCertFile?: string | undefined, sslKeyFile?: string | undefined
}): Tls | undefined {
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
    throw unfit(name, `the file ${path} cannot be read`, cause)
  }
}

const unfit = (subject: string, problem: string, cause: unknown) => new SetupError([{
  subject, problem, remedy: 'Name the PEM files of the certificate (with its chain) and of its private key.'
}], { cause })
