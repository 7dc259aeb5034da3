import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import type { Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { cleanEnv, temporaryFolder } from './cli.ts'
import { findProgram } from './programs.ts'

const isInstalled = findProgram('redis-server') !== undefined

/** Skips tests with a message if Redis is not installed, except in CI. */
export const needsRedis = isInstalled || process.env['CI']
  ? {}
  : { skip: 'no Redis server: install it (Debian: redis-server)' }

/** A Redis server with a password; `stop` and `start` may be called repeatedly. */
export async function startRedis (t: Test) {
  const [port, folder, password] = [await freePort(), temporaryFolder(t), 'hush-hush']
  const uri = `redis://:${password}@127.0.0.1:${port}/0`
  let child: ReturnType<typeof spawn> | undefined
  async function start () {
    child = spawn('redis-server', [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--requirepass', password
    ], { env: cleanEnv, stdio: 'ignore' })
    const client = createClient({ url: uri, socket: { reconnectStrategy: () => 50 } })
    client.on('error', () => {}) // not yet running
    await client.connect()
    client.destroy()
  }
  async function stop () {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise(resolve => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await over
    await sleep(50)
  }
  await start()
  t.teardown(stop)
  return { uri, password, start, stop }
}
