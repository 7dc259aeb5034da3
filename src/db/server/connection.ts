import type { Socket } from 'node:net'
import pg from 'pg'
import type { DatabaseUrl } from '../../policy/database-url.ts'
import { ownSettings, type SessionSettings, setScript, trackedSettings } from '../session-settings.ts'
import { tlsOptions } from './tls-options.ts'

/** How a pooler shares server connections with other clients: not at all, per session, or per transaction. */
export type Pooling = 'none' | 'session' | 'transaction'

/** The URL of a server, and the options for `pg`. */
export type Target = { url: DatabaseUrl, access: pg.ClientConfig }

/** Time limits of a statement, in milliseconds; 0 means no limit. */
export type Limits = { serverMs: number, clientMs: number }

export const CONNECT_TIMEOUT_MS = 3000

/**
 * Maximum age of a connection. After a failover, a connection to the former primary may stay open and return old rows.
 */
export const CONNECTION_LIFE_SECONDS = 300

/** @throws SetupError when a certificate file of the URL cannot be read */
export function targetOf (url: DatabaseUrl): Target {
  const { host, port, database, user, password, options, applicationName } = url
  const ssl = tlsOptions(url)
  const given = { database, user, password, options, ssl }
  return {
    url,
    access: {
      host,
      port,
      application_name: applicationName ?? 'flowgate',
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      keepAlive: true
    }
  }
}

/** Internals of `pg` and `pg-pool` that their types omit. */
type Internals = {
  connection: {
    stream: Socket
    on: (event: 'errorMessage' | 'error', listener: (message: { code?: string }) => void) => void
  }
  /** `pg-pool` closes a connection after `maxUses` uses; Flowgate sets no maximum. */
  _poolUseCount: number
}

/** The method of `pg` that builds the start-up packet; its types omit it. */
type Startup = { getStartupConf: () => Record<string, string> }

/** Options of `pg`, and the settings of the start-up packet. */
export type ConnectionConfig = pg.ClientConfig & { startup?: SessionSettings }

/**
 * A connection that sends settings in its start-up packet (PostgreSQL manual, 55.7). They override all defaults and
 * need no round trip. `pg` has no option for them, and older poolers reject `options=-c`.
 */
export class Connection extends pg.Client {
  readonly #startup: SessionSettings

  // Not destructured: the pool makes the password non-enumerable, so a copy would lose it.
  constructor (config: ConnectionConfig = {}) {
    super(config)
    this.#startup = config.startup ?? {}
    // After a client-side error (SASL without a password), `pg` leaves the socket open, which would keep the process
    // running.
    const { connection } = this as unknown as Internals
    connection.on('error', () => connection.stream.destroy())
  }

  getStartupConf (): Record<string, string> {
    return { ...(pg.Client.prototype as unknown as Startup).getStartupConf.call(this), ...this.#startup }
  }
}

const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The session settings of a connection with these limits. */
export function settingsFor ({ url: { schema } }: Target, { serverMs }: Limits): SessionSettings {
  return {
    ...ownSettings,
    statement_timeout: String(serverMs),
    idle_in_transaction_session_timeout: String(serverMs * 2),
    ...(schema === undefined ? {} : { search_path: quotedName(schema) })
  }
}

/** The settings for the start-up packet. Poolers accept only the settings that they track. */
export const startupFor = (pooling: Pooling, settings: SessionSettings): SessionSettings =>
  pooling === 'none' ? { ...trackedSettings, ...settings } : trackedSettings

export type PoolOptions = {
  target: Target
  pooling: Pooling
  limits: Limits
  max: number
  /** Maximum age of a connection. */
  lifeSeconds?: number
  /** Called with errors of idle connections. */
  onError: (error: Error) => void
}

/**
 * Creates a pool and applies the session settings as the pooling mode allows: in the start-up packet, by a statement
 * after connecting, or, behind a pooler in transaction mode, only those that poolers track.
 */
export function createPool (
  { target, pooling, limits, max, lifeSeconds = CONNECTION_LIFE_SECONDS, onError }: PoolOptions
): pg.Pool {
  const settings = settingsFor(target, limits)
  const options: pg.PoolConfig & ConnectionConfig = {
    ...target.access,
    Client: Connection,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(limits.clientMs > 0 ? { query_timeout: limits.clientMs } : {}),
    startup: startupFor(pooling, settings),
    ...(pooling === 'session' ? { onConnect: async client => { await client.query(setScript(settings)) } } : {}),
    maxLifetimeSeconds: lifeSeconds
  }
  const pool = new pg.Pool(options)
  // Without a listener, an error on an idle connection ends the process.
  pool.on('error', onError)
  pool.on('connect', replaceAfterError)
  return pool
}

/**
 * Errors after which a connection is unusable: a read-only server, or a prepared statement that a pooler sent to
 * another connection.
 */
const unusable = new Set(['25006', '26000', '42P05'])

/** Closes a connection on release if one of these errors occurred, because later statements would fail, too. */
function replaceAfterError (client: pg.PoolClient) {
  const internals = client as unknown as Internals
  internals.connection.on('errorMessage', ({ code = '' }) => {
    if (unusable.has(code)) internals._poolUseCount = Infinity
  })
}
