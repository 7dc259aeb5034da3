import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { ADMIN, TEST_KEY } from './app.ts'
import { type Env, startCli } from './cli.ts'

/** Settings of a server with a known administrator. */
export const serverEnv = {
  LANGFLOW_AUTO_LOGIN: 'false',
  LANGFLOW_SUPERUSER: ADMIN.username,
  LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password,
  LANGFLOW_SECRET_KEY: TEST_KEY,
  LANGFLOW_NEW_USER_IS_ACTIVE: 'true',
  LANGFLOW_RATE_LIMIT_ENABLED: 'false',
  LANGFLOW_PORT: '0',
  LANGFLOW_PASSWORD_MEMORY_KIB: '8192',
  LANGFLOW_PASSWORD_ITERATIONS: '1'
}

export type ServerOptions = { env?: Env, args?: string[], cwd?: string }

/** A server process. It may never respond: see `ready` and `exit`. */
export function launchServer (t: Test, { env = {}, args = [], cwd }: ServerOptions = {}) {
  const { child, output, ended } = startCli(t, ['run', ...args], { ...serverEnv, ...env }, { cwd })
  const logs = () => output.stdout + output.stderr
  const exit = ended.then(({ code }) => code)
  const listens = async () => {
    while (child.exitCode === null && child.signalCode === null) {
      const url = /"url":"([^"]+)"/.exec(output.stdout)?.[1]
      if (url) return url
      await sleep(20)
    }
    throw new Error(`the server ended with ${await exit}:\n${logs()}`)
  }
  const ready = listens()
  ready.catch(() => {}) // the caller handles a rejection
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exit
  }
  /** `logs`: the output so far. */
  return { child, ready, exit, stop, logs }
}

/** Starts a server and waits until it responds. `url` is its address if the log does not contain it. */
export async function startServer (t: Test, { url, ...options }: ServerOptions & { url?: string } = {}) {
  const server = launchServer(t, options)
  if (url === undefined) return { ...server, url: await server.ready }
  while (server.child.exitCode === null && !await fetch(`${url}/livez`).then(({ ok }) => ok, () => false)) await sleep(20)
  return { ...server, url }
}

export type Server = Awaited<ReturnType<typeof startServer>>
