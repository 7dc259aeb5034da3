import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The built command. Run it with `node --`, because Node.js 20 would read `--env-file` as an option of Node.js. */
export const flowgate = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

export type Env = Record<string, string | undefined>

/** The base environment of test processes, without settings of the machine. */
export const cleanEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

/** A folder that is removed after the test. */
export function temporaryFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A running command: its output so far, and its exit. */
export type Running = {
  child: ChildProcess
  output: { stdout: string, stderr: string }
  ended: Promise<{ code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }>
}

type Place = { cwd?: string | undefined, input?: string }

/** Starts `flowgate` with these settings only, by default in a new folder. Killed after the test. */
export function startCli (t: Test, args: string[], env: Env = {}, { cwd, input = '' }: Place = {}): Running {
  const child = spawn(process.execPath, ['--', flowgate, ...args], {
    cwd: cwd ?? temporaryFolder(t), env: { ...cleanEnv, ...env }
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => { output.stdout += chunk })
  child.stderr.on('data', chunk => { output.stderr += chunk })
  child.stdin.on('error', () => {}) // the process may end without reading
  child.stdin.end(input)
  const ended = new Promise<{ code: number | null, signal: NodeJS.Signals | null }>(resolve => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  }).then(end => ({ ...end, ...output }))
  t.teardown(() => { child.kill('SIGKILL'); return ended })
  return { child, output, ended }
}

/** Runs `flowgate` until it exits. */
export const runCli = (t: Test, args: string[], env: Env = {}, place: Place = {}) => startCli(t, args, env, place).ended
