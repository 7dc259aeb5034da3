/** How the connection is encrypted. `verify` checks the certificate and the host name. */
export type TlsMode = 'none' | 'verify' | 'no-verify' | 'libpq'

/** The decoded parts of a database URL. */
export type DatabaseUrl = {
  /** Host name, address, or the folder of a Unix socket (starts with `/`). */
  host: string
  port: number
  database: string | undefined
  user: string | undefined
  password: string | undefined
  tls: TlsMode
  /** `sslmode` as written; undefined if it is absent. */
  sslmode: string | undefined
  /** Paths of PEM files, as written. */
  tlsFiles: { sslrootcert?: string, sslcert?: string, sslkey?: string }
  /** The schema to use; undefined uses the search path. */
  schema: string | undefined
  /** Command-line options for the server process, e.g. `-c search_path=auth`. */
  options: string | undefined
  applicationName: string | undefined
  /** The URL declares that a pooler in transaction mode is used. */
  isPooled: boolean
}

/** A valid URL with warnings, or the fault of an invalid one. Neither contains a password. */
export type DatabaseUrlReading =
  | { url: DatabaseUrl, warnings: Advice[], fault?: undefined }
  | { url?: undefined, warnings?: undefined, fault: Advice }

export type Advice = { problem: string, remedy: string }

const FORM = 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE'
const ENCODE = `Use ${FORM}, with special characters of name and password percent-encoded (# is %23, @ is %40, / is %2F).`

/** `postgresql+psycopg://`: SQLAlchemy's notation for a driver. */
const scheme = /^(postgres(?:ql)?)(\+\w+)?:\/\//i

/** Every mode except the last four verifies certificates. */
const tlsModes: Record<string, TlsMode> = {
  allow: 'verify',
  prefer: 'verify',
  require: 'verify',
  'verify-ca': 'verify',
  'verify-full': 'verify',
  true: 'verify',
  1: 'verify',
  'no-verify': 'no-verify',
  disable: 'none',
  false: 'none',
  0: 'none'
}

const supported = new Set([
  'sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat', 'schema', 'options', 'application_name',
  'pgbouncer', 'host', 'port', 'user', 'password', 'dbname'
])

const fault = (problem: string, remedy: string): DatabaseUrlReading => ({ fault: { problem, remedy } })

/**
 * Parses a PostgreSQL URL like libpq (PostgreSQL manual, 34.1.1.2), or in SQLAlchemy's form. There are three
 * differences: every `sslmode` that encrypts verifies certificates, except `no-verify` (as in `pg`); `schema` and
 * `pgbouncer` are parameters of Prisma; only one host is allowed.
 */
export function readDatabaseUrl (text: string): DatabaseUrlReading {
  const trimmed = text.trim()
  const found = scheme.exec(trimmed)
  if (!found) return otherScheme(trimmed)
  const rest = trimmed.slice(found[0].length)
  const authority = rest.split(/[/?#]/)[0] ?? ''
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) return severalHosts()
  const url = parseUrl(rest)
  if (!url) return fault('is not a URL', ENCODE)
  if (url.hash !== '') return fault('is truncated at a "#"', ENCODE)
  const parameters = url.searchParams
  const [user, password, host, path] =
    [url.username, url.password, url.hostname === PLACEHOLDER ? '' : url.hostname, url.pathname.slice(1)].map(decode)
  if (user === undefined || password === undefined || host === undefined || path === undefined) {
    return fault('is not a URL: it has an invalid percent-encoding', ENCODE)
  }
  const given = (name: string) => parameters.get(name) || undefined
  if (given('host')?.includes(',')) return severalHosts()
  const port = Number(given('port') ?? (url.port || 5432))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return fault('its port is not a number from 1 to 65535', ENCODE)
  }
  const sslmode = given('sslmode') ?? given('ssl')
  const tls = tlsOf(sslmode, parameters)
  if (tls === undefined) {
    return fault('its sslmode is unknown', 'Use sslmode=verify-full, require, no-verify or disable.')
  }
  return {
    url: {
      host: (given('host') ?? host).replace(/^\[|\]$/g, '') || 'localhost',
      port,
      database: given('dbname') ?? (path || undefined),
      user: given('user') ?? (user || undefined),
      password: given('password') ?? (password || undefined),
      tls,
      sslmode,
      tlsFiles: filesOf(parameters),
      schema: given('schema'),
      options: given('options'),
      applicationName: given('application_name'),
      isPooled: ['true', '1'].includes(given('pgbouncer') ?? '')
    },
    warnings: warningsOf(found[2], parameters, sslmode)
  }
}

const PLACEHOLDER = 'no-host'

/** The URL of a Unix socket can have a user without a host, which the URL standard does not allow. */
function parseUrl (rest: string): URL | undefined {
  const withHost = rest.replace(/^([^/?#]*@)?(?=[/?#]|$)/, (userinfo: string) => userinfo + PLACEHOLDER)
  return URL.canParse(`postgresql://${withHost}`) ? new URL(`postgresql://${withHost}`) : undefined
}

function decode (part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function tlsOf (sslmode: string | undefined, parameters: URLSearchParams): TlsMode | undefined {
  const hasFiles = ['sslrootcert', 'sslcert', 'sslkey'].some(name => parameters.get(name))
  if (sslmode === undefined) return hasFiles ? 'verify' : 'none'
  const mode = tlsModes[sslmode.toLowerCase()]
  const isLibpq = parameters.get('uselibpqcompat') === 'true'
  return mode === 'verify' && isLibpq && !['verify-ca', 'verify-full'].includes(sslmode) ? 'libpq' : mode
}

/** Makes the paths of PEM files in a URL absolute. `system` is not a file. @param absolute resolves a path */
export function withAbsoluteFiles (text: string, absolute: (path: string) => string): string {
  return text.replace(/(?<=[?&](?:sslrootcert|sslcert|sslkey)=)[^&#]+/g, written => {
    const path = decode(written.replaceAll('+', ' '))
    if (path === undefined || path === 'system') return written
    return encodeURIComponent(absolute(path)).replaceAll('%2F', '/')
  })
}

function filesOf (parameters: URLSearchParams): DatabaseUrl['tlsFiles'] {
  const names = ['sslrootcert', 'sslcert', 'sslkey'] as const
  return Object.fromEntries(names.flatMap(name => {
    const path = parameters.get(name)
    return path ? [[name, path]] : []
  }))
}

function warningsOf (driver: string | undefined, parameters: URLSearchParams, sslmode: string | undefined): Advice[] {
  const ignored = [...new Set(parameters.keys())].filter(name => !supported.has(name))
  return [
    ...(driver === undefined
      ? []
      : [{
          problem: `${driver} is a driver of SQLAlchemy and is ignored`, remedy: 'Use postgresql:// instead.'
        }]),
    ...(ignored.length === 0
      ? []
      : [{
          problem: `these parameters of the URL have no effect: ${ignored.map(name => name.slice(0, 40)).join(', ')}`,
          remedy: `Remove them. Supported parameters: ${[...supported].join(', ')}.`
        }]),
    ...(sslmode === 'prefer' || sslmode === 'allow'
      ? [{
          problem: `sslmode=${sslmode} always encrypts and verifies the certificate in Flowgate`,
          remedy: 'Use sslmode=verify-full, or sslmode=disable if the server has no TLS.'
        }]
      : [])
  ]
}

const severalHosts = () => fault('contains several hosts',
  'Use one host: the primary, or a proxy or DNS name that follows the primary.')

function otherScheme (text: string): DatabaseUrlReading {
  const name = /^([a-z][\w+.-]{0,40}):/i.exec(text)?.[1]
  if (name?.toLowerCase().startsWith('sqlite')) {
    return fault('is a SQLite file, which Flowgate does not support',
      `Remove the setting to use the embedded database, or use ${FORM}.`)
  }
  return fault(name === undefined ? 'is not a URL' : `begins with ${name}:, which is not PostgreSQL`, `Use ${FORM}.`)
}
