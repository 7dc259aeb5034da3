import pg from 'pg'
import { codeOf } from '../../system/errors.ts'
import { Connection, CONNECT_TIMEOUT_MS, type Pooling, type Target } from './connection.ts'
import { trackedSettings } from '../session-settings.ts'

/** Two clients that get one server connection by turns prove it; other clients may take it in between. */
const LOOKS = 3

/**
 * Whether a pooler refused one of our parameters in the start-up packet. PgBouncer, as others, answers 08P01 and names
 * the parameter.
 */
export const isParameterRefused = (error: unknown) =>
  codeOf(error) === '08P01' && error instanceof Error && /startup parameter/i.test(error.message)

/**
 * Whether the server itself is at the other end. A pooler invents the process number that it sends for cancel requests
 * (PostgreSQL manual, 55.2.1), since the server connection is chosen later.
 */
export async function isDirect (pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect()
  try {
    return await backendOf(client) === (client as unknown as { processID: number }).processID // missing in its types
  } finally {
    client.release()
  }
}

async function backendOf (client: pg.ClientBase): Promise<number> {
  const { rows: [row] } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return row?.pid ?? 0
}

/** @returns true on proof; false where each client kept a server connection while it was watched */
async function areShared (first: pg.ClientBase, second: pg.ClientBase): Promise<boolean> {
  const own = await backendOf(first)
  for (let look = 0; look < LOOKS; look++) {
    if (await backendOf(second) === own || await backendOf(first) !== own) return true
  }
  return false
}

/**
 * Asks a pooler when it passes a server connection on. Two clients are connected at the same time: with session pooling
 * each has a server connection until it ends, otherwise both get the one that was returned last.
 * @throws the pooler's error when it allows no transactions (statement pooling)
 */
export async function findPooling ({ url, access }: Target): Promise<Exclude<Pooling, 'none'>> {
  const config = {
    ...access, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS, startup: trackedSettings
  }
  const clients = [new Connection(config), new Connection(config)] as const
  for (const client of clients) client.on('error', () => {}) // the statement that was running reports it
  try {
    for (const client of clients) await client.connect()
    const [first, second] = clients
    if (!url.isPooled && !await areShared(first, second)) return 'session'
    // Refused by a pooler that passes connections on after each statement.
    await first.query('BEGIN')
    await first.query('ROLLBACK')
    return 'transaction'
  } finally {
    await Promise.all(clients.map(client => client.end().catch(() => {})))
  }
}
