import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  LIMIT_MAX, NETWORKS_MAX, OVERLAP_SECONDS_MAX, USES_DAYS, WINDOW_SECONDS_MAX
} from '../../src/policy/api-keys/bounds.ts'
import { PASSWORD, buildApp } from '../helpers/app.ts'

type Built = Awaited<ReturnType<typeof buildApp>>
type Account = Awaited<ReturnType<Built['as']>>
type Answer = { statusCode: number }
type Ask = (of: { ada: Account, boss: Account, built: Built }, size: number) => Promise<Answer>

/**
 * The maximum (`most`) or minimum (`least`) that is accepted, and the status beyond it. `fine` is the status of
 * accepted requests, by default any success. `env` creates an app with other settings.
 */
type Case = {
  ask: Ask, status: number, fine?: number, env?: Record<string, string>
} & ({ most: number } | { least: number })

const MIB = 1024 * 1024
const json = { headers: { 'content-type': 'application/json' } }

let made = 0
const unique = (size: number) => String(++made).padEnd(size, 'é').slice(0, size)
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** JSON of an exact number of bytes: an object with the given members and an unknown one. */
function padded (members: string, bytes: number): string {
  const start = `{${members},"unknown":"`
  return `${start}${'x'.repeat(bytes - Buffer.byteLength(start) - 2)}"}`
}

const nameOfFlow = () => `"name":"${unique(20)}"`

/** JSON of a flow whose content has an exact number of bytes. */
const flowOf = (bytes: number) => `{${nameOfFlow()},"data":${padded('"nodes":[],"edges":[]', bytes)}}`

/** Repeats an action. @returns the last response */
async function times (count: number, act: () => Promise<Answer>): Promise<Answer> {
  let last = await act()
  for (let n = 1; n < count; n++) last = await act()
  return last
}

const cases: Record<string, Case> = {
  'one parameter of a path': {
    most: 200, fine: 422, status: 414, ask: ({ ada }, size) => ada.get(`/users/${'a'.repeat(size)}`)
  },
  'body, by default': {
    most: MIB, status: 413, ask: ({ ada }, size) => ada.post('/api_key/', padded('"name":"x"', size), json)
  },
  'body with one flow': {
    most: 6 * MIB, status: 413, ask: ({ ada }, size) => ada.post('/flows/', padded(nameOfFlow(), size), json)
  },
  'content of a flow': { most: 5 * MIB, status: 413, ask: ({ ada }, size) => ada.post('/flows/', flowOf(size), json) },
  'body with several flows': {
    most: 32 * MIB, status: 413, ask: ({ ada }, size) => ada.post('/flows/batch/', padded('"flows":[]', size), json)
  },
  'flows in one body or file': {
    most: 1000,
    status: 422,
    ask: ({ ada }, size) => ada.post('/flows/batch/', { flows: Array.from({ length: size }, () => ({ name: 'x' })) })
  },
  'nesting depth of JSON, in a body or an uploaded file': {
    most: 2000,
    status: 422,
    ask: ({ ada }, size) => ada.post('/api_key/', `{"name":"x","more":${nested(size - 1)}}`, json)
  },
  'values in JSON, in a body or an uploaded file': {
    most: 1_000_000,
    status: 422,
    ask: ({ ada }, size) => ada.post('/flows/', `{${nameOfFlow()},"more":[${'0,'.repeat(size - 4)}0]}`, json)
  },
  'nesting depth of a flow': {
    most: 256,
    status: 422,
    ask: ({ ada }, size) =>
      ada.post('/flows/', `{${nameOfFlow()},"data":{"nodes":[],"edges":[],"more":${nested(size - 1)}}}`, json)
  },
  'username, at most': {
    most: 64, status: 422, ask: ({ boss }, size) => boss.post('/users/', { username: unique(size), password: PASSWORD })
  },
  'username, at least': {
    least: 1,
    status: 422,
    ask: ({ boss }, size) => boss.post('/users/', { username: 'q'.repeat(size), password: PASSWORD })
  },
  'new password, at most': {
    most: 256,
    status: 422,
    ask: ({ boss }, size) => boss.post('/users/', { username: unique(20), password: unique(size) })
  },
  'new password, at least': {
    least: 8,
    status: 422,
    ask: ({ boss }, size) => boss.post('/users/', { username: unique(20), password: 'öÖäÄüÜßẞ'.slice(0, size) })
  },
  'password at sign-in': {
    most: 4096, fine: 401, status: 422, ask: ({ built }, size) => built.login('ada', 'x'.repeat(size))
  },
  'profile image': {
    most: 512, status: 422, ask: ({ ada }, size) => ada.patch(`/users/${ada.user.id}`, { profile_image: unique(size) })
  },
  'name of an API key': {
    most: 256, status: 422, ask: ({ ada }, size) => ada.post('/api_key/', { name: unique(size) })
  },
  'name of a variable': {
    most: 255,
    status: 422,
    ask: ({ ada }, size) => ada.post('/variables/', { name: unique(size), value: 'x', default_fields: null })
  },
  'value of a variable': {
    most: 32 * 1024,
    status: 422,
    ask: ({ ada }, size) => ada.post('/variables/', { name: unique(20), value: 'x'.repeat(size), default_fields: null })
  },
  'page size of accounts': { most: 200, status: 422, ask: ({ boss }, size) => boss.get(`/users/?limit=${size}`) },
  'page size of flows': { most: 100, status: 422, ask: ({ ada }, size) => ada.get(`/flows/?get_all=false&size=${size}`) },
  'networks of an API key': {
    most: NETWORKS_MAX,
    status: 422,
    ask: ({ ada }, size) => ada.post('/api_key/', { allowed_networks: Array(size).fill('192.0.2.0/24') })
  },
  'requests in the window of a rate limit': {
    most: LIMIT_MAX,
    status: 422,
    ask: ({ ada }, size) => ada.post('/api_key/', { rate_limit: { limit: size, window_seconds: 1 } })
  },
  'window of a rate limit': {
    most: WINDOW_SECONDS_MAX,
    status: 422,
    ask: ({ ada }, size) => ada.post('/api_key/', { rate_limit: { limit: 1, window_seconds: size } })
  },
  'overlap of a rotation': {
    most: OVERLAP_SECONDS_MAX,
    status: 422,
    ask: async ({ ada }, size) => {
      const { id } = (await ada.post('/api_key/', {})).json()
      return ada.post(`/api_key/${id}/rotate`, { overlap_seconds: size })
    }
  },
  'days of the uses of an API key': {
    most: USES_DAYS,
    status: 422,
    ask: async ({ ada }, size) => {
      const { id } = (await ada.post('/api_key/', {})).json()
      return ada.get(`/api_key/${id}/usage?days=${size}`)
    }
  },
  'page size of API keys': { most: 200, status: 422, ask: ({ boss }, size) => boss.get(`/api_keys?limit=${size}`) },
  'API keys of an account': {
    most: 5,
    status: 400,
    env: { LANGFLOW_MAX_API_KEYS_PER_USER: '5' },
    ask: async ({ built }, size) => {
      const account = await built.as(unique(20))
      return times(size, () => account.post('/api_key/', {}))
    }
  },
  'variables of an account': {
    most: 5,
    status: 400,
    env: { LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: '5' },
    ask: async ({ built }, size) => {
      const account = await built.as(unique(20))
      return times(size, () => account.post('/variables/', { name: unique(20), value: 'x', default_fields: null }))
    }
  },
  'accounts pending approval': {
    most: 5,
    status: 429,
    // ada is pending, too.
    env: { LANGFLOW_MAX_PENDING_ACCOUNTS: '5', LANGFLOW_NEW_USER_IS_ACTIVE: 'false' },
    ask: async ({ built, boss }, size) => {
      const signUp = () => built.anonymous.post('/users/', { username: unique(20), password: PASSWORD })
      const answer = await times(size - 1, signUp)
      const { users } = (await boss.get('/users/?limit=200')).json()
      for (const { id, username } of users) if (/^\d/.test(username)) await boss.delete(`/users/${id}`)
      return answer
    }
  },
  'flows of an account': {
    most: 3,
    status: 400,
    env: { LANGFLOW_MAX_FLOWS_PER_ACCOUNT: '3' },
    ask: async ({ built, ada }, size) => {
      await built.db.flow.deleteMany({ where: { userId: ada.user.id } })
      return ada.post('/flows/batch/', { flows: Array.from({ length: size }, () => ({ name: 'x', data: {} })) })
    }
  },
  'projects of an account': {
    most: 3,
    status: 400,
    env: { LANGFLOW_MAX_PROJECTS_PER_ACCOUNT: '3' },
    ask: async ({ built, ada }, size) => {
      await built.db.project.deleteMany({ where: { userId: ada.user.id } })
      let answer
      for (let n = 0; n < size; n++) answer = await ada.post('/projects/', { name: 'x' })
      return answer ?? { statusCode: 0 }
    }
  },
  'concurrent password checks': { most: 3 + 4, ...slowHashes(n => `192.0.2.${n % 2}`) },
  'waiting password checks of one network': { most: 3 + 2, ...slowHashes(() => '192.0.2.1') }
}

/**
 * Three passwords are hashed at once and four wait. Hashing is so slow that all requests arrive before the first hash
 * is done.
 */
function slowHashes (addressOf: (n: number) => string): Omit<Extract<Case, { most: number }>, 'most'> {
  return {
    fine: 401,
    status: 503,
    env: {
      LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
      LANGFLOW_PASSWORD_CONCURRENCY: '3',
      LANGFLOW_PASSWORD_QUEUE_MAX: '4',
      LANGFLOW_PASSWORD_MEMORY_KIB: '65536',
      LANGFLOW_PASSWORD_ITERATIONS: '6'
    },
    ask: async ({ built: { anonymous, form } }, size) => {
      const answers = await Promise.all(Array.from({ length: size }, (_, n) => {
        const { payload, headers } = form({ username: 'ada', password: `${n}` })
        return anonymous.post('/login', payload, { headers: { ...headers, 'x-forwarded-for': addressOf(n) } })
      }))
      return answers.find(({ statusCode }) => statusCode !== 401) ?? { statusCode: 401 }
    }
  }
}

t.test('each limit accepts its maximum and rejects the next value', {
  timeout: 180_000
}, async t => {
  const usual = await buildApp(t)
  const ofUsual = { ada: await usual.as('ada'), boss: await usual.admin(), built: usual }
  for (const [name, { ask, status, fine, env, ...bound }] of Object.entries(cases)) {
    await t.test(name, async t => {
      let of = ofUsual
      if (env) {
        const built = await buildApp(t, { env })
        of = { ada: await built.as('ada'), boss: await built.admin(), built }
      }
      const [last, beyond] = 'most' in bound ? [bound.most, bound.most + 1] : [bound.least, bound.least - 1]
      const accepted = await ask(of, last)
      const isFine = fine === undefined ? accepted.statusCode < 300 : accepted.statusCode === fine
      t.ok(isFine, `${last} is accepted (${accepted.statusCode})`)
      t.equal((await ask(of, beyond)).statusCode, status, `${beyond} is refused`)
    })
  }
})

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

t.test('every row of docs/limits.md names its tests', async t => {
  const rows = [...read('docs/limits.md').matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$/gm)]
    .filter(([, what = '']) => what !== 'limit' && !what.startsWith('---'))
  t.ok(rows.length > 25, `${rows.length} rows`)
  const named = new Set<string>()
  for (const [, what = '', tests = ''] of rows) {
    const pairs = [...tests.matchAll(/`([\w/.-]+\.test\.ts) › ([^`]+)`/g)]
    t.ok(pairs.length > 0, `${what} names a test`)
    for (const [, path = '', title = ''] of pairs) {
      if (path === 'contract/limits.test.ts') {
        t.ok(title in cases, `${path} › ${title}`)
        named.add(title)
      } else {
        t.ok(read(`test/${path}`).includes(`t.test('${title.replaceAll("'", "\\'")}'`), `${path} › ${title}`)
      }
    }
  }
  t.strictSame(Object.keys(cases).filter(name => !named.has(name)), [], 'every case has a row')
})
