import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { DatabaseUrl } from '../../policy/database-url.ts'
import { SetupError } from '../../errors.ts'
import { reasonOf } from '../../system/errors.ts'

/**
 * How `pg` encrypts the connection, with the files of the URL read.
 * @returns undefined where the URL says nothing: then PGSSLMODE decides
 * @throws SetupError that names the parameter, the absolute path and the reason when a file cannot be read
 */
export function tlsOptions ({ tls, sslmode, tlsFiles }: DatabaseUrl): boolean | ConnectionOptions | undefined {
  if (tls === 'none') return sslmode === undefined ? undefined : false
  const { sslrootcert, sslcert, sslkey } = tlsFiles
  // `system`: the certificate authorities of the operating system (libpq 16); Node's own list serves for them.
  const ca = sslrootcert === undefined || sslrootcert === 'system' ? undefined : read('sslrootcert', sslrootcert)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: read('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: read('sslkey', sslkey) }),
    ...(tls === 'no-verify' || (tls === 'libpq' && ca === undefined) ? { rejectUnauthorized: false } : {}),
    // libpq with a root certificate and `require`: the chain is verified, the host name is not.
    ...(tls === 'libpq' && ca !== undefined ? { checkServerIdentity: () => undefined } : {})
  }
}

function read (parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SetupError([{
      subject: 'LANGFLOW_DATABASE_URL',
      problem: `${parameter}: the file ${resolve(path)} cannot be read: ${reasonOf(cause)}`,
      remedy: `Name a PEM file that the account Flowgate runs as can read, or remove ${parameter} from the URL.`
    }], { cause })
  }
}
