import pg from 'pg'
import { codeOf } from '../../system/errors.ts'
import { Connection, CONNECT_TIMEOUT_MS, type Pooling, type Target } from './connection.ts'
import { trackedSettings } from '../session-settings.ts'

/** Number of checks for a shared server connection. Other clients may use the connection between two checks. */
const CHECKS = 3

/**
 * Whether a pooler rejected a parameter of the start-up packet. PgBouncer and others report 08P01 with the name of the
 * parameter.
 */
export const isParameterRefused = (error: unknown) =>
  codeOf(error) === '08P01' && error instanceof Error && /startup parameter/i.test(error.message)

/**
 * Whether the connection reaches the server directly. A pooler generates the process ID that it sends for cancel
 * requests (PostgreSQL manual, 55.2.1), because it chooses the server connection later.
 */
export async function isDirect (pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect()
  try {
    return await backendOf(client) === (client as unknown as { processID: number }).processID // missing in the types
  } finally {
    client.release()
  }
}

async function backendOf (client: pg.ClientBase): Promise<number> {
  const { rows: [row] } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return row?.pid ?? 0
}

/**
 * @returns true if both clients used the same server connection; false if each kept its connection during the checks
 */
async function areShared (first: pg.ClientBase, second: pg.ClientBase): Promise<boolean> {
  const own = await backendOf(first)
  for (let check = 0; check < CHECKS; check++) {
    if (await backendOf(second) === own || await backendOf(first) !== own) return true
  }
  return false
}

/**
 * Detects the mode of a pooler with two simultaneous clients. In session mode, each client keeps its server connection.
 * Otherwise, both use the one that was released last.
 * @throws the pooler's error if it allows no transactions (statement pooling)
 */
export async function findPooling ({ url, access }: Target): Promise<Exclude<Pooling, 'none'>> {
  const config = {
    ...access, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS, startup: trackedSettings
  }
  const clients = [new Connection(config), new Connection(config)] as const
  for (const client of clients) client.on('error', () => {}) // the running statement reports the error
  try {
    for (const client of clients) await client.connect()
    const [first, second] = clients
    if (!url.isPooled && !await areShared(first, second)) return 'session'
    // Fails behind a pooler in statement mode.
    await first.query('BEGIN')
    await first.query('ROLLBACK')
    return 'transaction'
  } finally {
    await Promise.all(clients.map(client => client.end().catch(() => {})))
  }
}
