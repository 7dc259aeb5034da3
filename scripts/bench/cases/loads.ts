// Requests under full load, interleaved with their ceilings.
import { type Case, type Measurement, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { type Job, load, type Load, type Target } from '../processes.ts'
import type { Stage } from '../stage.ts'

/** One side of a comparison: a server and its load. */
export type Side = { target: Target, job: Asked | (() => Promise<Asked>) }
type Asked = Omit<Job, 'url' | 'connections' | 'seconds'>

type LoadCase = {
  name: string
  summary: string
  against: string
  /** Minimum throughput and maximum CPU time per request, relative to the ceiling. */
  reach: { throughput: number, cpu?: number }
  /** Defaults to the number of the bench. */
  connections?: number
  needsPostgres?: true
  /** `close` stops servers that only this case needs. */
  sides: (stage: Stage) => Promise<{ measured: Side, ceiling: Side, close?: () => Promise<void> }>
}

type Round = Record<'measured' | 'ceiling', Load & { cpuMicros: number }>

const rate = ({ answered, seconds }: Load) => answered / seconds

/** A case that measures throughput and CPU time per request. */
export function loadCase ({ name, summary, against, reach, connections: own, sides, ...needs }: LoadCase): Case {
  return {
    name,
    summary,
    ...needs,
    measure: async (stage, { rounds, seconds, connections, isSmoke }, progress) => {
      const { measured, ceiling, close = async () => {} } = await sides(stage)
      const run = async ({ target, job }: Side) => {
        const asked = typeof job === 'function' ? await job() : job
        const before = target.cpuSeconds()
        const result = await load({ url: target.url, connections: own ?? connections, seconds, ...asked })
        if (result.failed > 0) throw new Error(`${name}: ${result.failed} requests failed`)
        return { ...result, cpuMicros: (target.cpuSeconds() - before) * 1e6 / result.answered }
      }
      const done: Round[] = []
      for (let round = isSmoke ? 1 : 0; round <= rounds; round++) {
        progress(`${name}: round ${round} of ${rounds}${round === 0 ? ' (warm-up)' : ''}`)
        const result = { ceiling: await run(ceiling), measured: await run(measured) }
        if (round > 0) done.push(result)
      }
      const rssMib = measured.target.rssMib()
      await close()
      const ratio = (of: (side: Round['measured']) => number) =>
        spread(done.map(round => of(round.measured) / of(round.ceiling)))
      const last = done.at(-1)?.measured
      const note = last ? `${Math.round(rate(last))} req/s, p50 ${last.p50Ms} ms, p99 ${last.p99Ms} ms` : ''
      const throughput: Measurement = {
        what: 'throughput', against, spread: ratio(rate), unit: '×', reach: { min: reach.throughput }, note
      }
      const cpu: Measurement = {
        what: 'CPU/request',
        against,
        spread: ratio(({ cpuMicros }) => cpuMicros),
        unit: '×',
        reach: reach.cpu === undefined ? {} : { max: reach.cpu },
        note: `${last?.cpuMicros.toFixed(1)} µs, RSS ${Math.round(rssMib)} MiB`
      }
      return [throughput, cpu]
    }
  }
}

export const paths = ['/api/v1/users/whoami']
export const bearers = (tokens: string[]) => tokens.map(token => ({ authorization: `Bearer ${token}` }))
export const apiKeys = (keys: string[]) => keys.map(key => ({ 'x-api-key': key }))
const json = { 'content-type': 'application/json' }

/** Enough concurrent sign-ins to keep all hashing threads busy, and few enough for a short queue. */
const SIGN_INS_AT_ONCE = 8

const REFRESHES_AT_ONCE = 16

export const loadCases: Case[] = [
  loadCase({
    name: 'whoami-bearer',
    summary: 'whoami by bearer, accounts in turn',
    against: 'a bare route with the same answer',
    reach: { throughput: 0.8, cpu: 1.3 },
    sides: async ({ flowgate, bare, tokens }) => ({
      measured: { target: flowgate, job: { paths, headers: bearers(tokens) } },
      ceiling: { target: bare, job: { paths: ['/'] } }
    })
  }),
  loadCase({
    name: 'whoami-key',
    summary: 'whoami by x-api-key, keys in turn',
    against: 'a bare route with the same answer',
    reach: { throughput: 0.78, cpu: 1.35 },
    sides: async ({ flowgate, bare, keys }) => ({
      measured: { target: flowgate, job: { paths, headers: apiKeys(keys) } },
      ceiling: { target: bare, job: { paths: ['/'] } }
    })
  }),
  loadCase({
    name: 'whoami-key-misses',
    summary: 'whoami by x-api-key, so many in turn that each is read anew',
    against: 'a bare route with one prepared SELECT',
    needsPostgres: true,
    reach: { throughput: 1.6 },
    sides: async stage => {
      const { storeKeys, many } = postgresOf(stage)
      return {
        measured: { target: stage.flowgate, job: { paths, headers: apiKeys(await storeKeys(many)) } },
        ceiling: { target: stage.bare, job: { paths: ['/select'] } }
      }
    }
  }),
  loadCase({
    name: 'login',
    summary: 'sign-in by password, accounts in turn',
    against: 'argon2 verify alone, as many at once',
    reach: { throughput: 0.92 },
    connections: SIGN_INS_AT_ONCE,
    sides: async ({ flowgate, bare, accounts }) => ({
      measured: {
        target: flowgate,
        job: {
          method: 'POST',
          paths: ['/api/v1/login'],
          headers: [{ 'content-type': 'application/x-www-form-urlencoded' }],
          bodies: accounts.map(account => new URLSearchParams(account).toString())
        }
      },
      ceiling: { target: bare, job: { paths: ['/verify'] } }
    })
  }),
  loadCase({
    name: 'refresh',
    summary: 'refresh, each connection with its own session',
    against: 'the same two statements in one transaction with pg',
    needsPostgres: true,
    reach: { throughput: 0.6 },
    connections: REFRESHES_AT_ONCE,
    sides: async ({ flowgate, bare, signIn }) => ({
      measured: {
        target: flowgate,
        job: async () => ({
          method: 'POST',
          paths: ['/api/v1/refresh'],
          refreshTokens: await Promise.all(Array.from({ length: REFRESHES_AT_ONCE }, async () =>
            (await signIn()).refresh_token))
        })
      },
      ceiling: { target: bare, job: { method: 'POST', paths: ['/refresh'] } }
    })
  }),
  loadCase({
    name: 'create-key',
    summary: 'create an API key, on disk when it is answered',
    against: 'the same INSERT with pg',
    needsPostgres: true,
    reach: { throughput: 0.7 },
    sides: async ({ flowgate, bare, tokens }) => ({
      measured: {
        target: flowgate,
        job: {
          method: 'POST',
          paths: ['/api/v1/api_key/'],
          headers: bearers(tokens).map(bearer => ({ ...bearer, ...json })),
          bodies: [JSON.stringify({ name: 'bench' })]
        }
      },
      ceiling: { target: bare, job: { method: 'POST', paths: ['/insert'] } }
    })
  })
]
