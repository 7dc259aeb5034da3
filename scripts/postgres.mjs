// A PostgreSQL server for tests and benchmarks, with its own folder, port and socket. Stopping it removes all of them.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder of `initdb` and `pg_ctl`. On Debian it is not in the PATH. */
export function findPrograms () {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map(version => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
}

/** The programs refuse to run as root, so root runs them as the account `postgres`. */
function asOwner (command, args) {
  const isRoot = process.getuid?.() === 0
  return isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args]
}

function idOf (flag) {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
}

/** A free port of the loopback address. */
export async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

/**
 * A running server. `run` takes the actions of pg_ctl; `pause` and `resume` send SIGSTOP and SIGCONT.
 * @typedef {{ url: string, port: number, folder: string, run: (action: string, ...more: string[]) => void,
 *   pause: () => void, resume: () => void, stop: () => Promise<void> }} PostgresServer
 */

/**
 * Starts a new server for tests. It does not wait for the disk.
 * @param {{ settings?: Record<string, string>, port?: number, standbyOf?: number }} [options] a standby follows the
 *   server at that port until `run('promote')`
 * @returns {Promise<PostgresServer | undefined>} undefined if the programs are not installed
 */
export async function startPostgres ({ settings = {}, port, standbyOf } = {}) {
  const programs = findPrograms()
  if (!programs) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-postgres-'))
  chmodSync(folder, 0o700)
  if (process.getuid?.() === 0) chownSync(folder, idOf('-u'), idOf('-g'))
  const data = join(folder, 'data')
  const chosen = port ?? await freePort()

  function call (program, args) {
    const { status, stderr, stdout } = spawnSync(...asOwner(join(programs, program), args), {
      encoding: 'utf8', cwd: '/', stdio: ['ignore', 'pipe', 'pipe']
    })
    if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${stderr || stdout}`)
  }

  // Defaults that an operator might have set. Code that depends on the usual ones fails in every test.
  const hostile = { timezone: process.env.FLOWGATE_TEST_TIME_ZONE ?? 'Asia/Kolkata', datestyle: 'German' }
  const options = Object.entries({
    ...hostile,
    listen_addresses: '127.0.0.1', port: chosen, unix_socket_directories: folder, fsync: 'off', max_connections: '200',
    ...settings
  }).map(([name, value]) => `-c ${name}=${value}`).join(' ')
  const run = (action, ...more) => {
    const start = action === 'stop' || action === 'promote' ? [] : ['-l', join(folder, 'log'), '-o', options]
    call('pg_ctl', [action, '-D', data, '-w', ...start, ...more])
  }

  // All processes of the server: the postmaster and its children.
  const signal = name => {
    const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', pid], { encoding: 'utf8' }).trim().split(/\s+/)
    for (const each of [pid, ...children]) process.kill(Number(each), name)
  }

  if (standbyOf === undefined) {
    call('initdb', ['-D', data, '-U', 'flowgate', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'])
  } else {
    call('pg_basebackup', [
      '-D', data, '-h', '127.0.0.1', '-p', String(standbyOf), '-U', 'flowgate', '-R', '-c', 'fast'
    ])
  }
  run('start')
  return {
    url: `postgresql://flowgate@127.0.0.1:${chosen}/postgres`,
    port: chosen,
    folder,
    run,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop: async () => {
      try {
        run('stop', '-m', 'immediate')
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
}
