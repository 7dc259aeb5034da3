// Tokens for other services: asymmetric access tokens, introspection, identity tokens.
import { type Case, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { load } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { apiKeys, bearers, loadCase, paths } from './loads.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Introspected in turn. With the caller's key they exceed the cache of credentials. */
const INTROSPECTED = 10_000

/** An access token of each account, from another process on the same database. */
async function signInAll ({ accounts }: Stage, url: string): Promise<string[]> {
  const tokens: string[] = []
  for (const account of accounts) {
    const response = await fetch(`${url}/api/v1/login`, { method: 'POST', body: new URLSearchParams(account) })
    tokens.push((await response.json() as { access_token: string }).access_token) // the contract's shape
  }
  return tokens
}

const asymmetric = (algorithm: string): Case => loadCase({
  name: `whoami-${algorithm.toLowerCase()}`,
  summary: `whoami by bearer, access tokens signed with ${algorithm}`,
  against: 'the same with HS256',
  needsPostgres: true,
  reach: { throughput: 0.95 },
  sides: async stage => {
    const replica = await postgresOf(stage).startReplica(undefined, {
      LANGFLOW_ALGORITHM: algorithm, LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:7860'
    })
    return {
      measured: { target: replica, job: { paths, headers: bearers(await signInAll(stage, replica.url)) } },
      ceiling: { target: stage.flowgate, job: { paths, headers: bearers(stage.tokens) } },
      close: replica.stop
    }
  }
})

const introspection = loadCase({
  name: 'introspect-misses',
  summary: `introspection of ${INTROSPECTED} API keys in turn`,
  against: 'whoami-key-misses',
  needsPostgres: true,
  reach: { throughput: 0.7 },
  sides: async stage => {
    const { storeKeys, many } = postgresOf(stage)
    const keys = await storeKeys(many)
    return {
      measured: {
        target: stage.flowgate,
        job: {
          method: 'POST',
          paths: ['/oauth2/introspect'],
          headers: [{ ...form, 'x-api-key': stage.keys[0] ?? '' }], // of the administrator
          bodies: keys.slice(0, INTROSPECTED).map(key => `token=${key}`)
        }
      },
      ceiling: { target: stage.flowgate, job: { paths, headers: apiKeys(keys) } }
    }
  }
})

export const tokenCases: Case[] = [asymmetric('RS256'), asymmetric('ES256'), introspection]

/** A signature takes longer than the rest of an exchange, so identity tokens are reused. */
export const identityTokens: Case = {
  name: 'identity-tokens',
  summary: 'token exchange, accounts in turn: how many tokens are signed',
  needsPostgres: true,
  measure: async (stage, { rounds, seconds, connections }, progress) => {
    const replica = await postgresOf(stage).startReplica(undefined, {
      LANGFLOW_IDENTITY_AUDIENCES: 'bench', LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:7860'
    })
    const common = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'bench'
    }
    const ratios: number[] = []
    let note = ''
    try {
      for (let round = 1; round <= rounds; round++) {
        progress(`identity-tokens: round ${round} of ${rounds}`)
        const { answered, failed, distinct, seconds: took, p99Ms } = await load({
          url: replica.url,
          connections,
          seconds,
          method: 'POST',
          paths: ['/oauth2/token'],
          headers: [form],
          bodies: stage.tokens.map(token => new URLSearchParams({ ...common, subject_token: token }).toString()),
          distinct: 'access_token'
        })
        if (failed > 0) throw new Error(`identity-tokens: ${failed} requests failed`)
        ratios.push(distinct / answered)
        note = `${Math.round(answered / took)} exchanges/s, p99 ${p99Ms} ms`
      }
    } finally {
      await replica.stop()
    }
    return [{
      what: 'signatures', against: 'exchanges', spread: spread(ratios), unit: 'per request', reach: { max: 0.02 }, note
    }]
  }
}
