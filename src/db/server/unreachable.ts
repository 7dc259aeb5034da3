import type { DatabaseUrl } from '../../policy/database-url.ts'
import { SetupError } from '../../errors.ts'
import { codeOf, reasonOf } from '../../system/errors.ts'
import { isParameterRefused } from './pooling.ts'

/** What to do about a connection that failed. */
type Cause = { applies: (code: string, message: string) => boolean, remedy: (url: DatabaseUrl) => string }

const nameOf = ({ database, user }: DatabaseUrl) => database ?? user ?? 'flowgate'

const TRUST_REMEDY = 'Name the authority that signed the certificate with ?sslrootcert=PATH in the URL. Without a ' +
  'check of the certificate: ?sslmode=no-verify, or ?sslmode=require&uselibpqcompat=true as libpq reads it.'

/**
 * What a pooler says while the server behind it is away, starting or full. PgBouncer gives all of its refusals the code
 * 08P01, the lasting ones too.
 */
const isAway = (message: string) =>
  /try again|cannot connect|connect failed|login (has been )?fail|crashed|timeout|no more connections|starting|shutting/i
    .test(message)

/** Causes that waiting does not remove (PostgreSQL manual, appendix A; OpenSSL, X509_verify_cert_error_string). */
const permanent: Cause[] = [
  {
    applies: code => code === '28P01',
    remedy: () => 'Check user name and password in LANGFLOW_DATABASE_URL; special characters must be percent-encoded.'
  },
  {
    applies: (code, message) => code.startsWith('28') && /no encryption|ssl off/i.test(message),
    remedy: () => 'The server accepts encrypted connections only: add ?sslmode=verify-full (or require) to the URL.'
  },
  {
    applies: code => code.startsWith('28'),
    remedy: ({ user }) => `Check the user name, and the line for ${user ?? 'it'} in pg_hba.conf of the server.`
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
    applies: (code, message) => code === '08P01' && !isAway(message),
    remedy: () => 'A pooler between Flowgate and PostgreSQL refuses this connection. Correct its settings or the ' +
      'URL; docs/postgresql.md has the settings for PgBouncer.'
  },
  {
    applies: code => code.startsWith('22') || code.startsWith('42'),
    remedy: () => 'Correct the `options` parameter of LANGFLOW_DATABASE_URL.'
  },
  {
    applies: code => code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID',
    remedy: () => 'Renew the certificate of the server, and check the clocks of both machines.'
  },
  {
    applies: code => code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH',
    remedy: () => 'Use a host name of the certificate in the URL, or issue a certificate for this name.'
  },
  { applies: code => /SELF_SIGNED|UNABLE_TO_|CERT_|UNTRUSTED/.test(code), remedy: () => TRUST_REMEDY },
  {
    applies: (_, message) => /does not support SSL/i.test(message),
    remedy: () => 'Enable TLS on the server (ssl = on), or use ?sslmode=disable for a connection that is not encrypted.'
  },
  {
    applies: code => /^(ERR_SSL|ERR_OSSL|EPROTO)/.test(code),
    remedy: () => 'Check that the files in sslrootcert, sslcert and sslkey belong together, and that the port is ' +
      'that of PostgreSQL.'
  },
  {
    applies: (_, message) => /password must be a (non-empty )?string/i.test(message),
    remedy: () => 'The server asks for a password: add it to LANGFLOW_DATABASE_URL, or use LANGFLOW_DATABASE_URL_FILE.'
  },
  {
    applies: code => code === 'EACCES' || code === 'EPERM',
    remedy: () => 'Allow the account Flowgate runs as to open the socket.'
  }
]

/** Causes that may pass while the boot waits. */
const temporary: Cause[] = [
  {
    applies: code => code === '08P01',
    remedy: () => 'Check that the PostgreSQL server behind the pooler runs and has connections left.'
  },
  {
    applies: code => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    remedy: () => 'Check the host name in LANGFLOW_DATABASE_URL, and the name server of this machine.'
  },
  {
    applies: code => code === 'ECONNREFUSED' || code === 'ENOENT',
    remedy: () => 'Check that PostgreSQL runs there and listens on this address and port.'
  },
  {
    applies: code => code.startsWith('53'),
    remedy: () => 'Lower LANGFLOW_DATABASE_POOL_SIZE, or raise max_connections of the server or the limit of the role.'
  },
  {
    applies: (_, message) => /closed before PostgreSQL/.test(message),
    remedy: () => 'Check that the port is that of PostgreSQL, and that no proxy before it closes the connection.'
  },
  {
    applies: code => code.startsWith('57'),
    remedy: () => 'The server is starting or stopping: try again when it is up.'
  }
]

const otherwise: Cause = {
  applies: () => true,
  remedy: () => 'Check that PostgreSQL runs, that this machine can reach it, and that a firewall lets the port through.'
}

/** An error's own words; a timeout of `pg` has no code. */
function explain (error: unknown): { code: string, message: string } {
  const root = error instanceof AggregateError ? error.errors[0] : error
  const code = codeOf(root)
  const message = reasonOf(root)
  if (code === '' && /timeout/i.test(message)) return { code, message: 'no answer in time' }
  if (code === '' && /terminated unexpectedly/i.test(message)) {
    return { code, message: 'the connection was closed before PostgreSQL answered' }
  }
  return { code, message: code !== '' && !message.includes(code) ? `${message} (${code})` : message }
}

/** Whether a connection that failed will fail the same way however long the boot waits. */
export function isPermanent (error: unknown): boolean {
  if (error instanceof SetupError || isParameterRefused(error)) return true
  const { code, message } = explain(error)
  return permanent.some(({ applies }) => applies(code, message))
}

/** What the server, OpenSSL or the system said, where, and what to do. It never contains the password. */
export function unreachable (url: DatabaseUrl, cause: unknown): SetupError {
  if (cause instanceof SetupError) return cause
  const { host, port, database, user } = url
  const { code, message } = explain(cause)
  const { remedy } = [...permanent, ...temporary].find(({ applies }) => applies(code, message)) ?? otherwise
  const place = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new SetupError([{
    subject: 'LANGFLOW_DATABASE_URL',
    problem: `PostgreSQL at ${place}, database ${nameOf(url)}, user ${user ?? database ?? 'of this process'}: ${message}`,
    remedy: remedy(url)
  }], { exitCode: 1, cause })
}
