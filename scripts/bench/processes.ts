import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../postgres.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A server under load: its address and its resource usage. */
export type Target = {
  url: string
  /** Seconds of CPU time, user and system, since it started. */
  cpuSeconds: () => number
  rssMib: () => number
  /** Time from its start to its first response. */
  startSeconds: number
  child: ChildProcess
  stop: () => Promise<void>
}

/** Clock ticks per second in /proc (POSIX: sysconf(_SC_CLK_TCK), 100 on Linux). */
const TICKS = 100

function watch (child: ChildProcess): Pick<Target, 'cpuSeconds' | 'rssMib'> {
  const proc = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8')
  return {
    cpuSeconds: () => {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / TICKS
    },
    rssMib: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) / 1024
  }
}

/** Maximum time to the first response of a server, in milliseconds. */
const START_MS = 30_000

async function start (args: string[], url: string, env: Record<string, string>): Promise<Target> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', process.env['BENCH_LOG'] ? 2 : 'ignore', 'inherit']
  })
  // A case that fails does not stop its servers.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const since = performance.now()
  while (!await fetch(`${url}/health`).then(({ ok }) => ok, () => false)) {
    const isLate = performance.now() - since > START_MS
    if (child.exitCode !== null || isLate) throw new Error(`${args.join(' ')} does not answer`)
    await sleep(5)
  }
  const startSeconds = (performance.now() - since) / 1000
  const stop = async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
    process.off('exit', kill)
  }
  return { url, child, stop, startSeconds, ...watch(child) }
}

export async function startBare (env: Record<string, string> = {}): Promise<Target> {
  const port = await freePort()
  return start([here('bare.mjs')], `http://127.0.0.1:${port}`, { ...env, BENCH_PORT: String(port) })
}

/** Logs only warnings: the cost of a line per request depends on its destination. */
export async function startFlowgate (env: Record<string, string>): Promise<Target> {
  const port = await freePort()
  return start(['--', here('../../dist/cli.js'), 'run'], `http://127.0.0.1:${port}`, {
    LANGFLOW_PORT: String(port), LANGFLOW_AUTO_LOGIN: 'false', LANGFLOW_LOG_LEVEL: 'warn', ...env
  })
}

/** A load. Headers, paths and bodies are used in turn; each refresh token has its own connection. */
export type Job = {
  url: string, method?: string, headers?: Array<Record<string, string>>, paths?: string[], bodies?: string[]
  refreshTokens?: string[], connections: number, seconds: number
  /** A member of the JSON responses whose different values are counted. */
  distinct?: string
}

export type Load = {
  answered: number, failed: number, seconds: number, p50Ms: number, p99Ms: number
  /** The number of different values of the member that the job names. */
  distinct: number
}

/** Sends a load from a separate process. */
export async function load (job: Job): Promise<Load> {
  const child = spawn(process.execPath, [here('load.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(job))
  return JSON.parse(await text(child.stdout))
}
