import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { PASSWORD, buildApp } from '../helpers/app.ts'

type Built = Awaited<ReturnType<typeof buildApp>>
type Account = Awaited<ReturnType<Built['as']>>
type Ask = (of: { ada: Account, boss: Account, built: Built }, size: number) => Promise<{ statusCode: number }>

/** The most that passes, the first that does not, and with which answer; or the test that looks into it. */
type Case = { most: number, status: number, ask: Ask } | { test: string }

const root = new URL('../../', import.meta.url)
const rows = [...readFileSync(new URL('docs/limits.md', root), 'utf8').matchAll(/^\| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)]
  .map(([, what = '']) => what).slice(1).filter(what => !what.startsWith('---'))

let made = 0
const unique = (size: number) => String(++made).padEnd(size, 'é').slice(0, size)
const parsers = { test: 'test/security/parsers.test.ts' }
const flows = { test: 'test/routes/flow-transfers.test.ts' }

const cases: Record<string, Case | Case[]> = {
  'request line and headers together': parsers,
  'one parameter of a path': {
    most: 200, status: 414, ask: async ({ ada }, size) => asIfFine(await ada.get(`/users/${'a'.repeat(size)}`), 422)
  },
  'time until all headers are there': parsers,
  'time until the whole request is there': parsers,
  'time in which nothing moves on a connection': { test: 'test/contract/security.test.ts' },
  'body, unless said otherwise': {
    most: 1 << 20,
    status: 413,
    ask: async ({ ada }, size) => asIfFine(await ada.post('/variables/', `{"name":"${'x'.repeat(size - 11)}"}`, {
      headers: { 'content-type': 'application/json' }
    }), 422)
  },
  'body with one flow': flows,
  'body with several flows': flows,
  'depth of JSON, in a body or an uploaded file': {
    most: 2000,
    status: 422,
    ask: ({ ada }, size) => ada.post('/api_key/', `{"name":"x","more":${nested(size - 1)}}`, {
      headers: { 'content-type': 'application/json' }
    })
  },
  'values in JSON, in a body or an uploaded file': {
    most: 1_000_000,
    status: 422,
    ask: ({ ada }, size) => ada.post('/flows/', `{"name":"${unique(20)}","more":[${'0,'.repeat(size - 4)}0]}`, {
      headers: { 'content-type': 'application/json' }
    })
  },
  'problems that a 422 lists': { test: 'test/security/json-bounds.test.ts' },
  'depth of a flow': {
    most: 256,
    status: 422,
    ask: ({ ada }, size) => ada.post('/flows/', {
      name: unique(20), data: { nodes: [], edges: [], more: JSON.parse(nested(size - 1)) }
    })
  },
  'a compressed body': parsers,
  username: {
    most: 64, status: 422, ask: ({ boss }, size) => boss.post('/users/', { username: unique(size), password: PASSWORD })
  },
  'new password': {
    most: 256,
    status: 422,
    ask: ({ boss }, size) => boss.post('/users/', { username: unique(20), password: unique(size) })
  },
  'password at sign-in': {
    most: 4096, status: 422, ask: async ({ built }, size) => asIfFine(await built.login('ada', 'x'.repeat(size)), 401)
  },
  'profile image': {
    most: 512, status: 422, ask: ({ ada }, size) => ada.patch(`/users/${ada.user.id}`, { profile_image: unique(size) })
  },
  'name of an API key': {
    most: 256, status: 422, ask: ({ ada }, size) => ada.post('/api_key/', { name: unique(size) })
  },
  'name, value of a variable': [{
    most: 255,
    status: 422,
    ask: ({ ada }, size) => ada.post('/variables/', { name: unique(size), value: 'x', default_fields: null })
  }, {
    most: 32 * 1024,
    status: 422,
    ask: ({ ada }, size) => ada.post('/variables/', { name: unique(20), value: 'x'.repeat(size), default_fields: null })
  }],
  'page of accounts, of flows': [
    { most: 200, status: 422, ask: ({ boss }, size) => boss.get(`/users/?limit=${size}`) },
    { most: 100, status: 422, ask: ({ ada }, size) => ada.get(`/flows/?get_all=false&size=${size}`) }
  ],
  'API keys of an account': { test: 'test/routes/api-keys.test.ts' },
  'variables of an account': { test: 'test/routes/variables.test.ts' },
  'accounts that wait for approval': { test: 'test/routes/users.test.ts' },
  'passwords checked at once': {
    most: 6,
    status: 503,
    // One for each core is at it, the queue holds four.
    ask: async ({ built }, size) => {
      const answers = await Promise.all(Array.from({ length: size === 6 ? 4 : 40 }, (_, n) => built.login('ada', `${n}`)))
      const statuses = new Set(answers.map(({ statusCode }) => statusCode))
      return { statusCode: statuses.has(503) ? 503 : 200 }
    }
  },
  'failed sign-ins and the like': { test: 'test/security/sign-in.test.ts' },
  'a statement of the database': { test: 'test/faults/database-down.test.ts' }
}

/** Refused for another reason than its size. */
const asIfFine = ({ statusCode }: { statusCode: number }, other: number) =>
  ({ statusCode: statusCode === other ? 200 : statusCode })

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

t.test('every limit of docs/limits.md lets its most pass and no more, as it says', { timeout: 120_000 }, async t => {
  t.strictSame(rows, Object.keys(cases), 'each has its case')
  const built = await buildApp(t, { env: { LANGFLOW_PASSWORD_QUEUE_MAX: '4' } })
  const of = { ada: await built.as('ada'), boss: await built.admin(), built }
  for (const [what, list] of Object.entries(cases)) {
    for (const each of [list].flat()) {
      if ('test' in each) {
        t.ok(existsSync(fileURLToPath(new URL(each.test, root))), `${what}: ${each.test}`)
        continue
      }
      const [fine, beyond] = [await each.ask(of, each.most), await each.ask(of, each.most + 1)]
      t.ok(fine.statusCode < 300, `${what}: ${each.most} is taken (${fine.statusCode})`)
      t.equal(beyond.statusCode, each.status, `${what}: ${each.most + 1} is not`)
    }
  }
})
