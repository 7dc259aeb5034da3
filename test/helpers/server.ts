import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Env, startCli } from './cli.ts'

/** A real server in a process of its own, listening on a free port; killed with the test. */
export async function startServer (t: Test, env: Env) {
  const { child, output, ended } = startCli(t, ['run', '--port', '0'], env)
  const isOver = ended.then(end => { throw new Error(`the server ended with ${end.code}: ${end.stderr}${end.stdout}`) })
  isOver.catch(() => {}) // said below, or of no interest any more
  const listens = async () => {
    for (;;) {
      const url = /"url":"([^"]+)"/.exec(output.stdout)?.[1]
      if (url) return url
      await sleep(20)
    }
  }
  const url = await Promise.race([listens(), isOver])
  return {
    url,
    child,
    /** Everything it logged so far. */
    logs: () => output.stdout + output.stderr,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return ended
    }
  }
}

export type Server = Awaited<ReturnType<typeof startServer>>
