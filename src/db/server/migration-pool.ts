import pg from 'pg'
import {
  Connection, CONNECT_TIMEOUT_MS, type ConnectionConfig, type Pooling, settingsFor, startupFor, type Target
} from './connection.ts'
import { setScript } from '../session-settings.ts'

const UNLIMITED = { serverMs: 0, clientMs: 0 }

/**
 * One connection without limits for the schema engine: its advisory lock belongs to the connection it works on. Behind
 * a pooler in transaction mode everything happens in one transaction, which keeps the server connection until `commit`.
 * @returns `commit` makes the engine's work permanent; without it, a transaction is rolled back by `close`
 */
export function openMigrationPool (
  target: Target, pooling: Pooling
): { pool: pg.Pool, commit: () => Promise<void>, close: () => Promise<void> } {
  const settings = settingsFor(target, UNLIMITED)
  const begin = {
    none: [],
    session: [setScript(settings)],
    transaction: ['BEGIN', setScript(settings, { local: true })]
  }[pooling]
  const options: pg.PoolConfig & ConnectionConfig = {
    ...target.access,
    Client: Connection,
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 0,
    startup: startupFor(pooling, settings),
    onConnect: async client => { for (const statement of begin) await client.query(statement) }
  }
  const pool = new pg.Pool(options)
  pool.on('error', () => {}) // the query that was running reports it
  return {
    pool,
    commit: async () => {
      // The engine leaves its lock to the end of the connection, and the pooler keeps that.
      if (pooling === 'transaction') await pool.query('SELECT pg_advisory_unlock_all(); COMMIT')
    },
    close: () => pool.end()
  }
}
