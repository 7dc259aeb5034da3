import type { Socket } from 'node:net'
import pg from 'pg'
import type { DatabaseUrl } from '../../policy/database-url.ts'
import { ownSettings, type SessionSettings, setScript, trackedSettings } from '../session-settings.ts'
import { tlsOptions } from './tls-options.ts'

/** Who shares a server connection: only this process, or others too, between sessions or between transactions. */
export type Pooling = 'none' | 'session' | 'transaction'

/** How to reach a server. */
export type Target = { url: DatabaseUrl, access: pg.ClientConfig }

/** How long one statement may take, in milliseconds; 0 is for ever. */
export type Limits = { serverMs: number, clientMs: number }

export const CONNECT_TIMEOUT_MS = 3000

/** After a failover, a connection to the former primary may stay open and answer with old rows: at most so long. */
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

/** What `pg` and `pg-pool` keep of a connection; their types leave it out. */
type Internals = {
  connection: {
    stream: Socket
    on: (event: 'errorMessage' | 'error', listener: (message: { code?: string }) => void) => void
  }
  /** `pg-pool` closes a connection that was used as often as `maxUses` says; that is unbounded here. */
  _poolUseCount: number
}

/** What `pg` builds the start-up packet from; its types leave the method out. */
type Startup = { getStartupConf: () => Record<string, string> }

/** How `pg` connects, and the settings of the start-up packet. */
export type ConnectionConfig = pg.ClientConfig & { startup?: SessionSettings }

/**
 * A connection that sends settings in its start-up packet (PostgreSQL manual, 55.7), where they override every other
 * default and cost no round trip. `pg` has no option for them, and older poolers refuse `options=-c`.
 */
export class Connection extends pg.Client {
  readonly #startup: SessionSettings

  // Not destructured: the pool hides the password from enumeration, and a copy would lose it.
  constructor (config: ConnectionConfig = {}) {
    super(config)
    this.#startup = config.startup ?? {}
    // `pg` leaves the socket open after an error of its own (SASL without a password), which would keep the process.
    const { connection } = this as unknown as Internals
    connection.on('error', () => connection.stream.destroy())
  }

  getStartupConf (): Record<string, string> {
    return { ...(pg.Client.prototype as unknown as Startup).getStartupConf.call(this), ...this.#startup }
  }
}

const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The settings of a connection for statements with these limits. */
export function settingsFor ({ url: { schema } }: Target, { serverMs }: Limits): SessionSettings {
  return {
    ...ownSettings,
    statement_timeout: String(serverMs),
    idle_in_transaction_session_timeout: String(serverMs * 2),
    ...(schema === undefined ? {} : { search_path: quotedName(schema) })
  }
}

/** What may be sent in the start-up packet: poolers accept the settings they track, and no others. */
export const startupFor = (pooling: Pooling, settings: SessionSettings): SessionSettings =>
  pooling === 'none' ? { ...trackedSettings, ...settings } : trackedSettings

export type PoolOptions = {
  target: Target
  pooling: Pooling
  limits: Limits
  max: number
  /** A connection is replaced when it is that old. */
  lifeSeconds?: number
  /** Called with errors of idle connections. */
  onError: (error: Error) => void
}

/**
 * A pool whose connections have the settings of this process as far as the pooling allows: in the start-up packet, by a
 * statement after connecting, or not at all beyond those that poolers carry.
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
  pool.on('connect', replaceWhenSpent)
  return pool
}

/** Codes after which a connection is of no more use: a read-only server, a statement name that a pooler mixed up. */
const spent = new Set(['25006', '26000', '42P05'])

/** Closes a connection when it is released after an error that every later statement on it would meet. */
function replaceWhenSpent (client: pg.PoolClient) {
  const internals = client as unknown as Internals
  internals.connection.on('errorMessage', ({ code = '' }) => {
    if (spent.has(code)) internals._poolUseCount = Infinity
  })
}
