// The effect of concurrent loads and processes on each other.
import { type Case, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { load } from '../processes.ts'

const whoami = (tokens: string[]) => ({
  paths: ['/api/v1/users/whoami'], headers: tokens.map(token => ({ authorization: `Bearer ${token}` }))
})

/** Hashing for sign-ins must leave one core to other requests. */
export const contention: Case = {
  name: 'whoami-while-logins',
  summary: 'p99 of whoami while sign-ins run flat out',
  measure: async ({ flowgate: { url }, tokens, accounts }, { rounds, seconds }, progress) => {
    const ratios: number[] = []
    let note = ''
    for (let round = 1; round <= rounds; round++) {
      progress(`whoami-while-logins: round ${round} of ${rounds}`)
      const quiet = { url, connections: 4, seconds, ...whoami(tokens) }
      const alone = await load(quiet)
      const [busy, logins] = await Promise.all([load(quiet), load({
        url,
        connections: 16,
        seconds,
        method: 'POST',
        paths: ['/api/v1/login'],
        headers: [{ 'content-type': 'application/x-www-form-urlencoded' }],
        bodies: accounts.map(account => new URLSearchParams(account).toString())
      })])
      ratios.push(busy.p99Ms / alone.p99Ms)
      note = `p99 ${alone.p99Ms} and ${busy.p99Ms} ms, beside ${Math.round(logins.answered / logins.seconds)} sign-ins/s`
    }
    return [{ what: 'p99', against: 'whoami alone', spread: spread(ratios), unit: '×', reach: { max: 3 }, note }]
  }
}

/** Two replicas on one database. The load generators use the same cores. */
export const twoProcesses: Case = {
  name: 'two-processes',
  summary: 'two processes under the load of one',
  needsPostgres: true,
  measure: async (stage, { rounds, seconds, connections, isSmoke }, progress) => {
    const { flowgate, tokens } = stage
    const second = await postgresOf(stage).startReplica()
    const ratios: number[] = []
    const perCpu: number[] = []
    const measured = async (targets: Array<typeof flowgate>) => {
      const cpu = () => targets.reduce((sum, target) => sum + target.cpuSeconds(), 0)
      const before = cpu()
      const loads = await Promise.all(targets.map(({ url }) =>
        load({ url, connections: connections / targets.length, seconds, ...whoami(tokens) })))
      const answered = loads.reduce((sum, result) => sum + result.answered, 0)
      return { perSecond: answered / seconds, perCpuSecond: answered / (cpu() - before) }
    }
    try {
      for (let round = isSmoke ? 1 : 0; round <= rounds; round++) {
        progress(`two-processes: round ${round} of ${rounds}`)
        const one = await measured([flowgate])
        const two = await measured([flowgate, second])
        if (round === 0) continue
        ratios.push(two.perSecond / one.perSecond)
        perCpu.push(two.perCpuSecond / one.perCpuSecond)
      }
    } finally {
      await second.stop()
    }
    return [
      { what: 'throughput', against: 'one process', spread: spread(ratios), unit: '×', reach: { min: 1.6 } },
      { what: 'requests/CPU time', against: 'one process', spread: spread(perCpu), unit: '×', reach: { min: 0.8 } }
    ]
  }
}
