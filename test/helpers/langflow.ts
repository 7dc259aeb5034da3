import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { cleanEnv, type Env, temporaryFolder } from './cli.ts'
import { makePython } from './python.ts'

/** Options of tests that install Langflow. `npm run test:langflow` runs them. */
export const needsLangflow = process.env['FLOWGATE_TEST_LANGFLOW']
  ? {}
  : { skip: 'installs Langflow, 1.3 GiB: npm run test:langflow' }

/**
 * An environment with Langflow 1.13, made once. pip needs half an hour to resolve its dependencies, uv some seconds.
 * @returns the folder of its programs
 */
export function makeLangflow (): string {
  const made = makePython('uv==0.13.9')
  if ('reason' in made) throw new Error(made.reason)
  const python = join(made.bin, 'python')
  // As pip does: a mirror may have a certificate that only the system knows.
  const install = ['pip', 'install', '--quiet', '--system-certs', '--python', python, 'langflow-base==1.13.0']
  const { status, stderr } = spawnSync(join(made.bin, 'uv'), install, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`uv ${install.join(' ')} failed: ${stderr}`)
  return made.bin
}

/** The names of Langflow's settings, from its code. */
export function settingsOfLangflow (): string[] {
  const script = [
    'from lfx.services.settings.auth import AuthSettings',
    'from lfx.services.settings.base import Settings',
    'print(*AuthSettings.model_fields, *Settings.model_fields)'
  ].join('\n')
  const { status, stdout, stderr } = spawnSync(join(makeLangflow(), 'python'), ['-c', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split(/\s+/).map(name => `LANGFLOW_${name.toUpperCase()}`)
}

/**
 * Starts Langflow on a loopback port and waits until it responds.
 * @param env its settings, besides those of the machine and of the test
 */
export async function startLangflow (t: Test, port: number, env: Env): Promise<void> {
  const folder = temporaryFolder(t)
  const child = spawn(join(makeLangflow(), 'langflow'), ['run'], {
    cwd: folder,
    env: {
      ...cleanEnv,
      HOME: folder,
      DO_NOT_TRACK: 'true',
      LANGFLOW_HOST: '127.0.0.1',
      LANGFLOW_PORT: String(port),
      LANGFLOW_CONFIG_DIR: folder,
      ...env
    },
    // A process group: all processes of Langflow are stopped.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let logs = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { logs += chunk })
  const ended = new Promise(resolve => child.on('close', resolve))
  t.teardown(async () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await ended
  })
  while (!await fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false)) {
    if (child.exitCode !== null) throw new Error(`Langflow ended with ${child.exitCode}:\n${logs}`)
    await sleep(200)
  }
}
