import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import type { Test } from 'tap'
import { cleanEnv, temporaryFolder } from './cli.ts'

const isInstalled = (process.env['PATH'] ?? '').split(delimiter)
  .some(folder => existsSync(join(folder, 'redis-server')))

/** As for PostgreSQL: skipped, loudly, where the server is not installed; in CI it must be. */
export const needsRedis = isInstalled || process.env['CI']
  ? {}
  : { skip: 'no Redis server: install it (Debian: redis-server)' }

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** A Redis of the test's own, with a password; `stop` and `start` may be called again and again. */
export async function startRedis (t: Test) {
  const [port, folder, password] = [await freePort(), temporaryFolder(t), 'hush-hush']
  const uri = `redis://:${password}@127.0.0.1:${port}/0`
  let child: ReturnType<typeof spawn> | undefined
  async function start () {
    child = spawn('redis-server', [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--requirepass', password
    ], { env: cleanEnv, stdio: 'ignore' })
    const client = createClient({ url: uri, socket: { reconnectStrategy: () => 50 } })
    client.on('error', () => {}) // not yet there
    await client.connect()
    client.destroy()
  }
  async function stop () {
    if (!child || child.exitCode !== null) return
    const over = new Promise(resolve => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await over
    await sleep(50)
  }
  await start()
  t.teardown(stop)
  return { uri, password, start, stop }
}
