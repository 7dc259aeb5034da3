import type { DatabaseUrl } from '../../policy/database-url.ts'
import { SetupError } from '../../errors.ts'
import { codeOf, reasonOf } from '../../system/errors.ts'
import { isParameterRefused } from './pooling.ts'

/** A cause of a failed connection, and its remedy. */
type Cause = { applies: (code: string, message: string) => boolean, remedy: (url: DatabaseUrl) => string }

const nameOf = ({ database, user }: DatabaseUrl) => database ?? user ?? 'flowgate'

const TRUST_REMEDY = 'Specify the authority that signed the certificate with ?sslrootcert=PATH in the URL. To skip ' +
  'verification: ?sslmode=no-verify, or ?sslmode=require&uselibpqcompat=true as in libpq.'

/**
 * Messages of a pooler whose server is down, starting or full. PgBouncer uses the code 08P01 for all errors, including
 * permanent ones.
 */
const isServerDown = (message: string) =>
  /try again|cannot connect|connect failed|login (has been )?fail|crashed|timeout|no more connections|starting|shutting/i
    .test(message)

/** Causes that a retry cannot fix (PostgreSQL manual, appendix A; OpenSSL, X509_verify_cert_error_string). */
const permanent: Cause[] = [
  {
    applies: code => code === '28P01',
    remedy: () => 'Check user name and password in LANGFLOW_DATABASE_URL. Special characters must be percent-encoded.'
  },
  {
    applies: (code, message) => code.startsWith('28') && /no encryption|ssl off/i.test(message),
    remedy: () => 'The server accepts encrypted connections only: add ?sslmode=verify-full (or require) to the URL.'
  },
  {
    applies: code => code.startsWith('28'),
    remedy: ({ user }) => `Check the user name and the entry for ${user ?? 'it'} in pg_hba.conf on the server.`
  },
  { applies: code => code === '3D000', remedy: url => `Create the database: CREATE DATABASE "${nameOf(url)}".` },
  {
    applies: (code, message) => code === '42501' && /database/.test(message),
    remedy: url => `GRANT CONNECT ON DATABASE "${nameOf(url)}" TO "${url.user ?? 'the user'}".`
  },
  {
    applies: (code, message) => code === '08P01' && /no such database/i.test(message),
    remedy: () => 'Add the database to the [databases] section of the pooler, or correct the name in the URL.'
  },
  {
    applies: (code, message) => code === '08P01' && !isServerDown(message),
    remedy: () => 'A pooler between Flowgate and PostgreSQL rejected the connection. Correct its settings or the ' +
      'URL; docs/postgresql.md lists the settings for PgBouncer.'
  },
  {
    applies: code => code.startsWith('22') || code.startsWith('42'),
    remedy: () => 'Correct the `options` parameter of LANGFLOW_DATABASE_URL.'
  },
  {
    applies: code => code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID',
    remedy: () => 'Renew the certificate of the server, or correct the clock of one of the machines.'
  },
  {
    applies: code => code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH',
    remedy: () => 'Use a host name from the certificate in the URL, or issue a certificate for this host name.'
  },
  { applies: code => /SELF_SIGNED|UNABLE_TO_|CERT_|UNTRUSTED/.test(code), remedy: () => TRUST_REMEDY },
  {
    applies: (_, message) => /does not support SSL/i.test(message),
    remedy: () => 'Enable TLS on the server (ssl = on), or use ?sslmode=disable for an unencrypted connection.'
  },
  {
    applies: code => /^(ERR_SSL|ERR_OSSL|EPROTO)/.test(code),
    remedy: () => 'Check that the files in sslrootcert, sslcert and sslkey belong together, and that the port ' +
      'belongs to PostgreSQL.'
  },
  {
    applies: (_, message) => /password must be a (non-empty )?string/i.test(message),
    remedy: () => 'The server requires a password: add it to LANGFLOW_DATABASE_URL, or use LANGFLOW_DATABASE_URL_FILE.'
  },
  {
    applies: code => code === 'EACCES' || code === 'EPERM',
    remedy: () => 'Give the account that runs Flowgate access to the socket.'
  }
]

/** Causes that a retry may fix. */
const temporary: Cause[] = [
  {
    applies: code => code === '08P01',
    remedy: () => 'Check that the PostgreSQL server behind the pooler is running and has free connections.'
  },
  {
    applies: code => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    remedy: () => 'Check the host name in LANGFLOW_DATABASE_URL and the DNS configuration of this machine.'
  },
  {
    applies: code => code === 'ECONNREFUSED' || code === 'ENOENT',
    remedy: () => 'Check that PostgreSQL is running and listens on this address and port.'
  },
  {
    applies: code => code.startsWith('53'),
    remedy: () => 'Decrease LANGFLOW_DATABASE_POOL_SIZE, or increase max_connections or the limit of the role.'
  },
  {
    applies: (_, message) => /closed before PostgreSQL/.test(message),
    remedy: () => 'Check that the port belongs to PostgreSQL, and that no proxy closes the connection.'
  },
  {
    applies: code => code.startsWith('57'),
    remedy: () => 'The server is starting or stopping. Try again when it is running.'
  }
]

const fallback: Cause = {
  applies: () => true,
  remedy: () => 'Check that PostgreSQL is running and reachable, and that no firewall blocks the port.'
}

/** The code and message of an error. A timeout of `pg` has no code. */
function explain (error: unknown): { code: string, message: string } {
  const root = error instanceof AggregateError ? error.errors[0] : error
  const code = codeOf(root)
  const message = reasonOf(root)
  if (code === '' && /timeout/i.test(message)) return { code, message: 'timed out' }
  if (code === '' && /terminated unexpectedly/i.test(message)) {
    return { code, message: 'the connection was closed before PostgreSQL responded' }
  }
  return { code, message: code !== '' && !message.includes(code) ? `${message} (${code})` : message }
}

/** Whether a retry of the connection will fail, too. */
export function isPermanent (error: unknown): boolean {
  if (error instanceof SetupError || isParameterRefused(error)) return true
  const { code, message } = explain(error)
  return permanent.some(({ applies }) => applies(code, message))
}

/** Describes a failed connection: the address, the error and the remedy. Never contains the password. */
export function unreachable (url: DatabaseUrl, cause: unknown): SetupError {
  if (cause instanceof SetupError) return cause
  const { host, port, database, user } = url
  const { code, message } = explain(cause)
  const { remedy } = [...permanent, ...temporary].find(({ applies }) => applies(code, message)) ?? fallback
  const place = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new SetupError([{
    subject: 'LANGFLOW_DATABASE_URL',
    problem: `PostgreSQL at ${place}, database ${nameOf(url)}, user ${user ?? database ?? 'of this process'}: ${message}`,
    remedy: remedy(url)
  }], { exitCode: 1, cause })
}
