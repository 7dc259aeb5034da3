import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { PASSWORD } from '../helpers/app.ts'
import { appsEnv, writeRules } from '../helpers/apps.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { accessCookie, bearer, refreshCookie, send, signIn } from '../helpers/http.ts'
import { startServer } from '../helpers/server.ts'

/** The documented limit, and a tolerance for slow machines. */
const BOUND_MS = 1000
const SLACK_MS = 250

type Kind = 'bearer' | 'cookie' | 'refresh' | 'api key'
const kinds: Kind[] = ['bearer', 'cookie', 'refresh', 'api key']

const APP_RULES = `
rules:
  - { hosts: app.example.test, paths: /admin, allow: superusers }
  - { hosts: app.example.test, allow: signed-in }
`

/** What a proxy asks about a request to a protected app. */
const question = (path: string) => ({
  'x-forwarded-method': 'GET', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.test',
  'x-forwarded-uri': path, 'x-forwarded-for': '203.0.113.7'
})

type Subject = {
  id: string
  tokens: { access_token: string, refresh_token: string }
  key: { id: string, api_key: string }
  /** The other session of the account, which performs the action. */
  own: Record<string, string>
}

type Scene = { boss: Record<string, string>, url: string, subject: Subject }

type Happening = {
  name: string
  ends: Kind[]
  /** Whether the account is a superuser. Then its credentials are tried where only superusers are let in. */
  make?: { isSuperuser?: boolean, keyLivesMs?: number }
  happen: (scene: Scene) => Promise<unknown>
}

const patch = (body: object) => ({ method: 'PATCH', body })

const happenings: Happening[] = [
  {
    name: 'logout',
    ends: ['bearer', 'cookie', 'refresh'],
    happen: ({ url, subject }) => send(url, '/logout', { method: 'POST', headers: bearer(subject.tokens) })
  },
  {
    name: 'logout others',
    ends: ['bearer', 'cookie', 'refresh'],
    happen: ({ url, subject }) => send(url, '/sessions', { method: 'DELETE', headers: subject.own })
  },
  {
    name: 'password change',
    ends: ['bearer', 'cookie', 'refresh'],
    happen: ({ url, subject: { id, own } }) => send(url, `/users/${id}/reset-password`, {
      ...patch({ current_password: PASSWORD, password: 'another pass phrase' }), headers: own
    })
  },
  {
    name: 'reset by administrator',
    ends: kinds,
    happen: ({ url, boss, subject }) =>
      send(url, `/users/${subject.id}`, { ...patch({ password: 'chosen by the boss' }), headers: boss })
  },
  {
    name: 'deactivation',
    ends: kinds,
    happen: ({ url, boss, subject }) =>
      send(url, `/users/${subject.id}`, { ...patch({ is_active: false }), headers: boss })
  },
  {
    name: 'deletion',
    ends: kinds,
    happen: ({ url, boss, subject }) => send(url, `/users/${subject.id}`, { method: 'DELETE', headers: boss })
  },
  {
    name: 'loss of the superuser role',
    ends: ['bearer', 'cookie', 'api key'],
    make: { isSuperuser: true },
    happen: ({ url, boss, subject }) =>
      send(url, `/users/${subject.id}`, { ...patch({ is_superuser: false }), headers: boss })
  },
  {
    name: 'key deactivated',
    ends: ['api key'],
    happen: ({ url, subject: { key, own } }) =>
      send(url, `/api_key/${key.id}`, { ...patch({ is_active: false }), headers: own })
  },
  {
    name: 'key deleted',
    ends: ['api key'],
    happen: ({ url, subject: { key, own } }) => send(url, `/api_key/${key.id}`, { method: 'DELETE', headers: own })
  },
  {
    name: 'key expired', ends: ['api key'], make: { keyLivesMs: 1500 }, happen: () => sleep(1500)
  }
]

t.test('access ends immediately on the replica that revokes it, and within a second on the others', {
  timeout: 240_000, ...needsPostgres
}, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = {
    ...appsEnv(writeRules(t, APP_RULES)), LANGFLOW_DATABASE_URL: database, LANGFLOW_PASSWORD_QUEUE_MAX: '1000'
  }
  const here = await startServer(t, { env })
  const there = await startServer(t, { env })
  const boss = bearer(await signIn(here.url))
  let count = 0

  async function makeSubject ({ isSuperuser, keyLivesMs }: NonNullable<Happening['make']> = {}): Promise<Subject> {
    const username = `subject-${++count}`
    const { id } = (await send(here.url, '/users/', { method: 'POST', body: { username, password: PASSWORD } })).json
    if (isSuperuser) await send(here.url, `/users/${id}`, { ...patch({ is_superuser: true }), headers: boss })
    const [tokens, own] = [await signIn(here.url, username), bearer(await signIn(here.url, username))]
    const expires = keyLivesMs === undefined ? {} : { expires_at: new Date(Date.now() + keyLivesMs).toISOString() }
    const key = (await send(here.url, '/api_key/', { method: 'POST', body: expires, headers: own })).json
    return { id, tokens, key, own }
  }

  /**
   * Whether a credential works in the API and at a protected app. A refresh is only tested once, because it uses up
   * the token; until then, its cookie opens the app.
   */
  async function works (url: string, kind: Kind, { tokens, key }: Subject, isSuperuser = false): Promise<boolean[]> {
    const ways = {
      bearer: bearer(tokens),
      cookie: accessCookie(tokens),
      refresh: refreshCookie(tokens.refresh_token),
      'api key': { 'x-api-key': key.api_key }
    }
    const headers = ways[kind]
    const [api, app] = isSuperuser && kind !== 'refresh' ? ['/users/?limit=1', '/admin'] : ['/users/whoami', '/']
    const asked = await send(url, '/verify/nginx', { headers: { ...question(app), ...headers } })
    const answer = kind === 'refresh'
      ? await send(url, '/refresh', { method: 'POST', headers })
      : await send(url, api, { headers })
    return [answer.status === 200, asked.status === 200]
  }

  let slowestMs = 0
  for (const { name, ends, make, happen } of happenings) {
    const subject = await makeSubject(make)
    const direct = kinds.filter(kind => kind !== 'refresh')
    const on = (url: string, kind: Kind) => works(url, kind, subject, make?.isSuperuser)
    for (const { url } of [here, there]) {
      for (const kind of direct) t.strictSame(await on(url, kind), [true, true], `before: ${kind}`)
    }
    await happen({ boss, url: here.url, subject })
    const since = Date.now()
    for (const kind of kinds) {
      const stays = !ends.includes(kind)
      t.strictSame(await on(here.url, kind), [stays, stays], `${name}, here: ${kind} ${stays ? 'stays' : 'ends'}`)
    }
    const open = new Set(ends)
    while (open.size > 0 && Date.now() - since < 3000) {
      for (const kind of [...open]) if (!(await on(there.url, kind)).includes(true)) open.delete(kind)
      await sleep(20)
    }
    const tookMs = Date.now() - since
    slowestMs = Math.max(slowestMs, tookMs)
    t.strictSame([...open], [], `${name}, there: all ended`)
    t.ok(tookMs <= BOUND_MS + SLACK_MS, `${name}, there: within the bound (${tookMs} ms)`)
    for (const kind of direct.filter(kind => !ends.includes(kind))) {
      t.strictSame(await on(there.url, kind), [true, true], `${name}, there: ${kind} stays`)
    }
  }
  t.comment(`slowest end of access on the other replica: ${slowestMs} ms`)
})

t.test('fifty refreshes of one token over two replicas give one successor; a replay ends the session on both', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { url: database, drop } = await createPostgres()
  t.teardown(drop)
  const env = { LANGFLOW_DATABASE_URL: database }
  const servers = [await startServer(t, { env }), await startServer(t, { env })]
  const [here, there] = servers as [typeof servers[0], typeof servers[0]] // two servers were started
  const refresh = (url: string, token: string) =>
    send(url, '/refresh', { method: 'POST', headers: refreshCookie(token) })

  const { refresh_token: first } = await signIn(here.url)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => refresh((i % 2 ? here : there).url, first)))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  const successors = new Set(answers.map(({ json }) => json.refresh_token))
  t.equal(successors.size, 1)
  const [successor = ''] = successors
  for (const { url } of servers) {
    t.equal((await send(url, '/users/whoami', { headers: bearer(answers[0]?.json) })).status, 200, 'nobody is out')
  }

  const stolen = await signIn(there.url)
  const rotated = (await refresh(here.url, stolen.refresh_token)).json
  const next = (await refresh(there.url, rotated.refresh_token)).json
  t.equal((await refresh(there.url, stolen.refresh_token)).status, 401, 'two generations old: both parties are out')
  t.equal((await refresh(here.url, next.refresh_token)).status, 401)
  t.match(there.logs(), /"event":"refresh_reuse"/)

  await sleep(11_000)
  t.equal((await refresh(here.url, first)).status, 401, 'eleven seconds later the old token is a replay')
  for (const { url } of servers) t.equal((await refresh(url, successor)).status, 401, 'and the session is dead')
  await sleep(1000)
  for (const { url } of servers) {
    t.equal((await send(url, '/users/whoami', { headers: bearer(answers[0]?.json) })).status, 401)
  }
})
