// What a process costs by itself: the time until it answers, and the memory it holds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { spread } from '../figures.ts'
import { load, startBare, startFlowgate, type Target } from '../processes.ts'

export const boot: Case = {
  name: 'boot',
  summary: 'a second boot to the first 200',
  measure: async ({ settings, createDatabase }, { rounds, isSmoke }, progress) => {
    const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
    const { url } = await createDatabase()
    const starts: Record<string, () => Promise<Target>> = {
      bare: () => startBare(),
      PostgreSQL: () => startFlowgate({ ...settings, LANGFLOW_DATABASE_URL: url }),
      embedded: () => startFlowgate({ ...settings, LANGFLOW_CONFIG_DIR: folder })
    }
    const times: Record<string, number[]> = { bare: [], PostgreSQL: [], embedded: [] }
    try {
      // The first round makes the databases.
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
    return [
      ['PostgreSQL', 0.5], ['embedded', 1.2]
    ].map(([name, max]) => ({
      what: `on ${name}`,
      against: 'a bare application',
      spread: more(String(name)),
      unit: 's more' as const,
      reach: isSmoke ? {} : { max: Number(max) },
      note: note(String(name))
    }))
  }
}

export const memory: Case = {
  name: 'memory',
  summary: 'memory at rest, and under load for a minute',
  measure: async ({ settings, createDatabase, signIn }, { isSmoke, connections }, progress) => {
    const { url } = await createDatabase()
    const flowgate = await startFlowgate({ ...settings, LANGFLOW_DATABASE_URL: url })
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
