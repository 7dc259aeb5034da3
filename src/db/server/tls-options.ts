import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { DatabaseUrl } from '../../policy/database-url.ts'
import { SetupError } from '../../errors.ts'
import { reasonOf } from '../../system/errors.ts'

/**
 * The TLS options for `pg`, including the contents of the files.
 * @returns undefined if the URL does not specify TLS; PGSSLMODE applies then
 * @throws SetupError with the parameter, the absolute path and the reason if a file cannot be read
 */
export function tlsOptions ({ tls, sslmode, tlsFiles }: DatabaseUrl): boolean | ConnectionOptions | undefined {
  if (tls === 'none') return sslmode === undefined ? undefined : false
  const { sslrootcert, sslcert, sslkey } = tlsFiles
  // `system` (libpq 16) means the certificate authorities of the operating system; Node's built-in list is used.
  const ca = sslrootcert === undefined || sslrootcert === 'system' ? undefined : read('sslrootcert', sslrootcert)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: read('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: read('sslkey', sslkey) }),
    ...(tls === 'no-verify' || (tls === 'libpq' && ca === undefined) ? { rejectUnauthorized: false } : {}),
    // libpq with `require` and a root certificate verifies the chain but not the host name.
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
      remedy: `Specify a PEM file that the account that runs Flowgate can read, or remove ${parameter} from the URL.`
    }], { cause })
  }
}
