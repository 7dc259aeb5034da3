// The cost of a process: the time until its first response, and its memory.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Case, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { load, startBare, startFlowgate, type Target } from '../processes.ts'
import type { PostgresStage } from '../stage.ts'

/** Settings of a separate database, if there is a PostgreSQL server. */
async function databaseOf (postgres: PostgresStage | undefined): Promise<Record<string, string>> {
  return postgres ? { LANGFLOW_DATABASE_URL: (await postgres.createDatabase()).url } : {}
}

export const boot: Case = {
  name: 'boot',
  summary: 'a second boot to the first 200',
  measure: async ({ settings, postgres }, { rounds, isSmoke }, progress) => {
    const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
    const databaseUrl = await databaseOf(postgres)
    const bounds = { ...(postgres ? { PostgreSQL: 0.5 } : {}), embedded: 1.2 }
    const starts: Record<string, () => Promise<Target>> = {
      bare: () => startBare(),
      ...(postgres ? { PostgreSQL: () => startFlowgate({ ...settings, ...databaseUrl }) } : {}),
      embedded: () => startFlowgate({ ...settings, LANGFLOW_CONFIG_DIR: folder })
    }
    const times: Record<string, number[]> = Object.fromEntries(Object.keys(starts).map(name => [name, []]))
    try {
      // The first round creates the databases.
      for (let round = 0; round <= rounds; round++) {
        progress(`boot: round ${round} of ${rounds}`)
        for (const [name, start] of Object.entries(starts)) {
          const target = await start()
          await target.stop()
          if (round > 0) times[name]?.push(target.startSeconds)
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const more = (name: string) =>
      spread((times[name] ?? []).map((each, round) => each - (times['bare']?.[round] ?? NaN)))
    const note = (name: string) => `${times[name]?.at(-1)?.toFixed(2)} s, bare ${times['bare']?.at(-1)?.toFixed(2)} s`
    return Object.entries(bounds).map(([name, max]) => ({
      what: `on ${name}`,
      against: 'a bare application',
      spread: more(name),
      unit: 's more' as const,
      reach: isSmoke ? {} : { max },
      note: note(name)
    }))
  }
}

export const memory: Case = {
  name: 'memory',
  summary: 'memory at rest, and under load for a minute',
  needsPostgres: true,
  measure: async (stage, { isSmoke, connections }, progress) => {
    const { settings, signIn } = stage
    const flowgate = await startFlowgate({ ...settings, ...await databaseOf(postgresOf(stage)) })
    const bare = await startBare()
    try {
      await sleep(isSmoke ? 100 : 3000)
      const idle = [flowgate.rssMib(), bare.rssMib()] as const
      const { access_token: token } = await signIn(flowgate.url)
      const seconds = isSmoke ? 1 : 30
      const run = () => Promise.all([
        load({
          url: flowgate.url,
          connections,
          seconds,
          paths: ['/api/v1/users/whoami'],
          headers: [{ authorization: `Bearer ${token}` }]
        }),
        load({ url: bare.url, connections, seconds })
      ])
      progress('memory: first half of a minute')
      await run()
      const half = flowgate.rssMib()
      progress('memory: second half of a minute')
      await run()
      const full = [flowgate.rssMib(), bare.rssMib()] as const
      const one = (value: number) => spread([value])
      const note = ([ours, theirs]: readonly [number, number]) => `${ours.toFixed(0)} and ${theirs.toFixed(0)} MiB`
      return [
        {
          what: 'at rest', against: 'a bare application', spread: one(idle[0] / idle[1]), unit: '×',
          reach: { max: 2.2 }, note: note(idle)
        },
        {
          what: 'after a minute', against: 'a bare application', spread: one(full[0] / full[1]), unit: '×',
          reach: { max: 2.2 }, note: note(full)
        },
        {
          what: 'after a minute', against: 'after half of it', spread: one(full[0] / half), unit: '×',
          reach: { max: 1.1 }, note: note([full[0], half])
        }
      ]
    } finally {
      await Promise.all([flowgate.stop(), bare.stop()])
    }
  }
}
