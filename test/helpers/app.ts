import type { FastifyInstance, InjectOptions, LightMyRequestResponse as Response } from 'fastify'
import type { Test } from 'tap'
import { buildApp as build } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Database } from '../../src/db.ts'
import { createClock } from './clock.ts'
import { openMemory } from './database.ts'
import { watchStatuses } from './statuses.ts'

/** A well-formed key that is recognizably for tests. */
export const TEST_KEY = 'TEST-KEY-'.repeat(5)
export const ADMIN = { username: 'administrator', password: 'correct horse battery' }
export const PASSWORD = 'a pass phrase for tests'

const base = {
  LANGFLOW_AUTO_LOGIN: 'false',
  LANGFLOW_SUPERUSER: ADMIN.username,
  LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password,
  LANGFLOW_SECRET_KEY: TEST_KEY,
  LANGFLOW_NEW_USER_IS_ACTIVE: 'true',
  // Tests of rate limits enable them.
  LANGFLOW_RATE_LIMIT_ENABLED: 'false',
  // The minimum of the settings, because tests hash hundreds of times.
  LANGFLOW_PASSWORD_MEMORY_KIB: '8192',
  LANGFLOW_PASSWORD_ITERATIONS: '1'
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
type Options = { headers?: Record<string, string>, cookies?: Record<string, string>, prefix?: string }

/** Sends requests with fixed headers. Paths are relative to /api/v1 unless stated otherwise. */
export function createClient (app: FastifyInstance, fixed: Options = {}) {
  const send = (method: Method) => (path: string, payload?: InjectOptions['payload'], options: Options = {}) =>
    app.inject({
      method,
      url: `${options.prefix ?? '/api/v1'}${path}`,
      ...(payload === undefined ? {} : { payload }),
      headers: { ...fixed.headers, ...options.headers },
      cookies: { ...fixed.cookies, ...options.cookies }
    })
  return { get: send('GET'), post: send('POST'), patch: send('PATCH'), put: send('PUT'), delete: send('DELETE') }
}

export type Client = ReturnType<typeof createClient>

/** The cookies that a response sets, by name. */
export const cookiesOf = (response: Response) =>
  Object.fromEntries(response.cookies.map(cookie => [cookie.name, cookie]))

const form = (fields: Record<string, string>) => ({
  payload: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' }
})

export type TestOptions = {
  env?: Record<string, string>, database?: Database, prepare?: (app: FastifyInstance) => void
}

/** The app on a new database, closed after the test. */
export async function buildApp (t: Test, { env = {}, database, prepare }: TestOptions = {}) {
  const clock = createClock()
  const logs: string[] = []
  const opened = database ?? await openMemory()
  const app = await build({
    config: loadConfig([{ label: 'test', values: { ...base, ...env } }]),
    database: opened,
    clock: clock.now,
    logger: { level: 'trace', stream: { write: (line: string) => { logs.push(line) } } },
    prepare: bare => { watchStatuses(bare, t); prepare?.(bare) }
  })
  await app.ready()
  t.teardown(() => app.close())

  const anonymous = createClient(app)
  const login = (username: string, password: string) => {
    const { payload, headers } = form({ username, password })
    return anonymous.post('/login', payload, { headers })
  }

  /** Signs in, and creates the account if necessary. The client sends the access token. */
  async function as (username: string, password = PASSWORD) {
    const isAdmin = username === ADMIN.username
    if (!isAdmin) await anonymous.post('/users/', { username, password })
    const response = await login(username, isAdmin ? ADMIN.password : password)
    const tokens: { access_token: string, refresh_token: string } = response.json()
    const bearer = { authorization: `Bearer ${tokens.access_token}` }
    const client = createClient(app, { headers: bearer })
    const user: { id: string, username: string } = (await client.get('/users/whoami')).json()
    const browser = createClient(app, { cookies: { access_token_lf: tokens.access_token } })
    const signInAgain = () => login(username, isAdmin ? ADMIN.password : password)
    return { ...client, browser, user, tokens, cookies: cookiesOf(response), bearer, signInAgain }
  }

  return { app, db: opened.client, anonymous, login, as, admin: () => as(ADMIN.username), clock, logs, form }
}
