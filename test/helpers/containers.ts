import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { cleanEnv, type Env } from './cli.ts'

const flags = ['--pid', '--fork', '--mount-proc', '--kill-child']

/** Options of tests that need PID namespaces. They are skipped with a message without the privilege to create one. */
export const needsContainers = spawnSync('unshare', [...flags, 'true']).status === 0
  ? {}
  : { skip: 'no right to make a PID namespace (unshare --pid)' }

/** Runs Node as process 1 of a new PID namespace, as in a container, with this machine's host name. */
export function startContainer (t: Test, args: string[], env: Env = {}) {
  const child = spawn('unshare', [...flags, process.execPath, ...args], { env: { ...cleanEnv, ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => { output.stdout += chunk })
  child.stderr.on('data', chunk => { output.stderr += chunk })
  const exit = new Promise<number | null>(resolve => child.on('close', code => resolve(code)))
  t.teardown(() => { child.kill('SIGKILL'); return exit })
  /** Sends a signal to the process in the namespace. */
  const signal = (name: NodeJS.Signals) => {
    const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    process.kill(Number(inside), name)
  }
  const prints = async (text: string) => {
    while (!(output.stdout + output.stderr).includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${JSON.stringify(output)}`)
      await sleep(20)
    }
  }
  return { child, output, exit, signal, prints }
}
