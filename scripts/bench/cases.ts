import type { Job, Target } from './processes.ts'
import type { Stage } from './stage.ts'

/** One side of a comparison: a server, and what is asked of it. */
export type Side = { name: string, target: Target, job: Omit<Job, 'url' | 'connections' | 'seconds'> }

/** What is measured against what, in one run. */
export type LoadCase = {
  name: string
  summary: string
  /** Least throughput, and greatest CPU time per request, relative to the ceiling. */
  reach: { throughput: number, cpu: number }
  sides: (stage: Stage) => Promise<{ measured: Side, ceiling: Side }>
}

const paths = ['/api/v1/users/whoami']
const apiKeys = (keys: string[]) => keys.map(key => ({ 'x-api-key': key }))

const bareRoute = ({ bare }: Stage): Side => ({ name: 'bare route', target: bare, job: { paths: ['/'] } })
const bareSelect = ({ bare }: Stage): Side =>
  ({ name: 'bare route with one SELECT', target: bare, job: { paths: ['/select'] } })

export const loadCases: LoadCase[] = [
  {
    name: 'whoami-bearer',
    summary: 'whoami by bearer, accounts in turn',
    reach: { throughput: 0.8, cpu: 1.3 },
    sides: async stage => ({
      measured: {
        name: 'bearer',
        target: stage.flowgate,
        job: { paths, headers: stage.tokens.map(token => ({ authorization: `Bearer ${token}` })) }
      },
      ceiling: bareRoute(stage)
    })
  },
  {
    name: 'whoami-key',
    summary: 'whoami by x-api-key, keys in turn',
    reach: { throughput: 0.78, cpu: 1.35 },
    sides: async stage => ({
      measured: { name: 'API key', target: stage.flowgate, job: { paths, headers: apiKeys(stage.keys) } },
      ceiling: bareRoute(stage)
    })
  },
  {
    name: 'whoami-key-misses',
    summary: 'whoami by x-api-key, so many in turn that each is read anew',
    reach: { throughput: 1.6, cpu: 1.7 },
    sides: async stage => ({
      measured: {
        name: 'API key, read',
        target: stage.flowgate,
        job: { paths, headers: apiKeys(await stage.storeKeys(stage.many)) }
      },
      ceiling: bareSelect(stage)
    })
  }
]
