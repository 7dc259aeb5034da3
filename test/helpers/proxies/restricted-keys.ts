import { CLIENT_ADDRESS, type Field, type Response, send } from './client.ts'
import { differences, type Scenario } from './scenario.ts'

type Expected = { restrictions: Record<string, unknown>, status: number, code?: string, challenge?: string }

/** What the restrictions of a key do to its requests. The address is the client's, not that of the proxy. */
const restrictions = Object.entries<Expected>({
  'the scope of apps': { restrictions: { scopes: ['apps:use'] }, status: 200 },
  'another scope': {
    restrictions: { scopes: ['flows:read'] },
    status: 403,
    code: 'access_refused',
    challenge: 'Bearer error="insufficient_scope", scope="apps:use"'
  },
  'the network of the client': { restrictions: { allowed_networks: [CLIENT_ADDRESS] }, status: 200 },
  'the network of the proxy': {
    restrictions: { allowed_networks: ['127.0.0.1'] }, status: 401, code: 'sign_in_required'
  }
}).map(([name, { restrictions, status, code, challenge }]): Scenario => ({
  group: 'restricted keys', name,
  async run ({ proxy, scene, app }) {
    const { api_key: key } = await scene.createKey(restrictions)
    app.take()
    const forged: Field = ['X-Forwarded-For', '127.0.0.1']
    const answer = await send(proxy.app, { path: '/x', headers: [['X-Api-Key', key], forged] })
    return [
      ...differences(answer.status, status), ...differences(app.take().length, Number(status === 200)),
      ...status === 200 ? [] : differences(JSON.parse(answer.body).code, code),
      ...challenge === undefined ? [] : differences(answer.headers['www-authenticate'], challenge)
    ]
  }
}))

/** Requests that are under way at the same time. */
const CONCURRENCY = 20

/**
 * 429 reaches the client through every proxy. With 50 requests per second, the next one is often permitted before nginx
 * has fetched the answer.
 */
const rateLimits = [{ limit: 2, window_seconds: 3600 }, { limit: 50, window_seconds: 1 }].map((rate): Scenario => ({
  group: 'restricted keys', name: `${rate.limit} requests in ${rate.window_seconds} s`,
  async run ({ proxy, scene, app }) {
    const { api_key: key } = await scene.createKey({ rate_limit: rate })
    app.take()
    const answers: Response[] = []
    let left = rate.limit * 3
    await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) answers.push(await send(proxy.app, { path: '/x', headers: [['X-Api-Key', key]] }))
    }))
    const refused = answers.filter(({ status }) => status !== 200)
    const wrong = refused.find(({ status, headers, body }) => status !== 429 ||
      !(Number(headers['retry-after']) >= 1) || JSON.parse(body).code !== 'api_key_limit_reached')
    return [
      ...wrong ? [`status ${wrong.status}, Retry-After ${wrong.headers['retry-after']}: ${wrong.body}`] : [],
      ...refused.length > 0 ? [] : ['no request was refused'],
      ...differences(app.take().length, answers.length - refused.length)
    ]
  }
}))

export const restrictedKeys: Scenario[] = [...restrictions, ...rateLimits]
