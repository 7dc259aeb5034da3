import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const cli = new URL('../../src/cli.ts', import.meta.url).pathname
const tsx = import.meta.resolve('tsx')

export type Env = Record<string, string>

/** A command that runs: what it printed so far, and how it ended. */
export type Running = {
  child: ChildProcess
  output: { stdout: string, stderr: string }
  ended: Promise<{ code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }>
}

/** Starts `flowgate` with these settings alone, in a folder of its own; killed with the test. */
export function startCli (t: Test, args: string[], env: Env = {}): Running {
  const cwd = mkdtempSync(join(tmpdir(), 'flowgate-cli-'))
  const child = spawn(process.execPath, [`--import=${tsx}`, cli, ...args], {
    cwd, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe']
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => { output.stdout += chunk })
  child.stderr.on('data', chunk => { output.stderr += chunk })
  const ended = new Promise<{ code: number | null, signal: NodeJS.Signals | null }>(resolve => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  }).then(end => ({ ...end, ...output }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(cwd, { recursive: true, force: true })
  })
  return { child, output, ended }
}

/** Runs `flowgate` to its end. */
export const runCli = (t: Test, args: string[], env: Env = {}) => startCli(t, args, env).ended
