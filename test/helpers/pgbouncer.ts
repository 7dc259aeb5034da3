import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { cleanEnv, temporaryFolder } from './cli.ts'
import { findProgram } from './programs.ts'

const program = findProgram('pgbouncer', ['/usr/sbin'])

/** Skips tests with a message if PgBouncer is not installed, except in CI. */
export const needsPgBouncer = program || process.env['CI']
  ? {}
  : { skip: 'no PgBouncer: install it (Debian: pgbouncer)' }

/** PgBouncer does not run as root. */
const account = process.getuid?.() === 0 ? ['--user', 'postgres'] : []

async function untilListening (port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

/**
 * PgBouncer with its defaults before a database: the URL of that database through it.
 * @param settings lines of the section [pgbouncer] that differ from the defaults
 */
export async function startPgBouncer (
  t: Test, database: string, settings: Record<string, string | number> = {}, { isServerUp = true } = {}
): Promise<{ url: string }> {
  const { hostname, port, pathname, username } = new URL(database)
  const [listenPort, folder] = [await freePort(), temporaryFolder(t)]
  const path = join(folder, 'pgbouncer.ini')
  const section = {
    listen_addr: '127.0.0.1', listen_port: listenPort, unix_socket_dir: '', auth_type: 'any', ...settings
  }
  writeFileSync(path, `[databases]
* = host=${hostname} port=${port} user=${username}
[pgbouncer]
${Object.entries(section).map(([name, value]) => `${name} = ${value}`).join('\n')}
`)
  chmodSync(folder, 0o755)
  const child = spawn(program ?? 'pgbouncer', ['--quiet', ...account, path], { env: cleanEnv, stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  const url = new URL(database)
  url.port = String(listenPort)
  for (let tries = 1; ; tries++) {
    const client = new pg.Client({ connectionString: `postgresql://${username}@127.0.0.1:${listenPort}${pathname}` })
    client.on('error', () => {}) // PgBouncer may end while the server is down
    try {
      if (!isServerUp) {
        await untilListening(listenPort)
        return { url: url.href }
      }
      await client.connect()
      await client.end()
      return { url: url.href }
    } catch (error) {
      if (tries === 100) throw error
      await sleep(50)
    }
  }
}
