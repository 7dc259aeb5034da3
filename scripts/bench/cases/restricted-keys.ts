// API keys with scopes, networks and a rate limit.
import type { Case } from '../case.ts'
import type { Stage } from '../stage.ts'
import { apiKeys, loadCase, paths } from './loads.ts'

/** Restrictions that every request of the bench satisfies. */
const restrictions = {
  scopes: ['account:read', 'flows:read', 'apps:use'],
  allowed_networks: ['127.0.0.0/8', '2001:db8::/32'],
  rate_limit: { limit: 1_000_000, window_seconds: 1 }
}

/** A restricted key of each account. */
async function restrictedKeys ({ flowgate: { url }, tokens }: Stage): Promise<string[]> {
  const keys: string[] = []
  for (const token of tokens) {
    const response = await fetch(`${url}/api/v1/api_key/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(restrictions)
    })
    keys.push((await response.json() as { api_key: string }).api_key) // the contract's shape
  }
  return keys
}

const summary = 'whoami by x-api-key, keys with scopes, networks and a rate limit in turn'

export const restrictedKeyCases: Case[] = [
  loadCase({
    name: 'restricted-key',
    summary,
    against: 'keys without restrictions',
    reach: { throughput: 0.95 },
    sides: async stage => ({
      measured: { target: stage.flowgate, job: { paths, headers: apiKeys(await restrictedKeys(stage)) } },
      ceiling: { target: stage.flowgate, job: { paths, headers: apiKeys(stage.keys) } }
    })
  }),
  loadCase({
    name: 'restricted-key-bare',
    summary,
    against: 'a bare route with the same answer',
    reach: { throughput: 0.78 },
    sides: async stage => ({
      measured: { target: stage.flowgate, job: { paths, headers: apiKeys(await restrictedKeys(stage)) } },
      ceiling: { target: stage.bare, job: { paths: ['/'] } }
    })
  })
]
