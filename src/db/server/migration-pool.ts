import pg from 'pg'
import {
  Connection, CONNECT_TIMEOUT_MS, type ConnectionConfig, type Pooling, settingsFor, startupFor, type Target
} from './connection.ts'
import { setScript } from '../session-settings.ts'

const UNLIMITED = { serverMs: 0, clientMs: 0 }

/**
 * Opens one connection without time limits for the schema engine, whose advisory lock belongs to a connection. Behind a
 * pooler in transaction mode, one transaction spans all work, which keeps the same server connection until `commit`.
 * @returns `commit` makes the engine's changes permanent; without it, `close` rolls the transaction back
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
  pool.on('error', () => {}) // the running query reports the error
  return {
    pool,
    commit: async () => {
      // The engine releases its lock by closing the connection, but a pooler keeps the server connection open.
      if (pooling === 'transaction') await pool.query('SELECT pg_advisory_unlock_all(); COMMIT')
    },
    close: () => pool.end()
  }
}
