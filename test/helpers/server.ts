import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { ADMIN, TEST_KEY } from './app.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Run with `node --`: Node 20 takes an `--env-file` anywhere on the command line for its own. */
export const cli = join(root, 'dist/cli.js')

/** What every process of a test starts from: nothing of the machine's own settings. */
export const cleanEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

/** Settings of a server whose administrator the tests know. */
export const serverEnv = {
  LANGFLOW_AUTO_LOGIN: 'false',
  LANGFLOW_SUPERUSER: ADMIN.username,
  LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password,
  LANGFLOW_SECRET_KEY: TEST_KEY,
  LANGFLOW_NEW_USER_IS_ACTIVE: 'true',
  LANGFLOW_PORT: '0',
  LANGFLOW_PASSWORD_MEMORY_KIB: '8192',
  LANGFLOW_PASSWORD_ITERATIONS: '1'
}

/** A folder that goes with the test. */
export function temporaryFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Environment = Record<string, string | undefined>

/** Runs the command as a user would, to its end. */
export async function runCommand (args: string[], { env = {}, cwd, input = '' }:
{ env?: Environment, cwd?: string, input?: string } = {}): Promise<{ code: number, stdout: string, stderr: string }> {
  const child = spawn(process.execPath, ['--', cli, ...args], { env: { ...cleanEnv, ...env }, cwd: cwd ?? tmpdir() })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => { stdout += chunk })
  child.stderr.on('data', chunk => { stderr += chunk })
  child.stdin.on('error', () => {}) // it may end without reading
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

export type ServerOptions = { env?: Environment, args?: string[], cwd?: string }

/** A server as a process of its own, from its start to its exit. */
export type Server = Awaited<ReturnType<typeof launchServer>>

/** Starts a server; it is killed with the test. It may never answer: see `ready` and `exit`. */
export function launchServer (t: Test, { env = {}, args = [], cwd }: ServerOptions = {}) {
  const child = spawn(process.execPath, ['--', cli, 'run', ...args], {
    env: { ...cleanEnv, ...serverEnv, ...env }, cwd: cwd ?? temporaryFolder(t)
  })
  const output = { text: '' }
  const exit = once(child, 'close').then(([code]: Array<number | null>) => code)
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output.text += chunk
      const [, url] = /"url":"([^"]+)"/.exec(output.text) ?? []
      if (url) resolve(url)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    exit.then(code => reject(new Error(`the server ended with ${code}:\n${output.text}`)))
  })
  ready.catch(() => {}) // whoever wants the address waits for it
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exit
  }
  t.teardown(() => stop('SIGKILL'))
  return { child, ready, exit, stop, output }
}

/** Starts a server and waits until it answers. */
export async function startServer (t: Test, options: ServerOptions = {}) {
  const server = launchServer(t, options)
  return { ...server, url: await server.ready }
}
