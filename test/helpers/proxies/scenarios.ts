import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createVerifier } from '../../../src/verify/index.ts'
import { bearer, send as sendToFlowgate } from '../http.ts'
import { FORGED } from './attacks.ts'
import { checkReceived, valueOf } from './check.ts'
import { CLIENT_ADDRESS, echo, type Field, send } from './client.ts'
import { connectionScenarios } from './connections.ts'
import { restrictedKeys } from './restricted-keys.ts'
import { cookieOf, differences, originOf, type Scenario } from './scenario.ts'
import { AUDIENCE, PUBLIC_URL, type Scene } from './scene.ts'
import type { Running } from './start.ts'

const identityToken: Scenario = {
  group: 'allow', name: 'an identity token for the app',
  async run ({ proxy, scene, app }) {
    const verifier = createVerifier({
      issuer: PUBLIC_URL, audience: AUDIENCE, jwksUri: `${scene.url}/.well-known/jwks.json`
    })
    app.take()
    await send(proxy.app, { path: '/token/', headers: [['X-Api-Key', scene.key.api_key]] })
    const [request] = app.take()
    const { username } = await verifier.authenticate(request && valueOf(request, 'authorization'))
    return differences(username, 'ada')
  }
}

/** Envoy asks with the method of the client, and Flowgate answers requests with the usual methods only. */
const webDav: Scenario = {
  group: 'methods', name: 'a method of WebDAV',
  async run ({ proxy, scene, app }) {
    app.take()
    const { status } = await send(proxy.app, { method: 'PROPFIND', headers: [['X-Api-Key', scene.key.api_key]] })
    const isAsked = proxy.name !== 'envoy'
    return [...differences(status === 200, isAsked), ...differences(app.take().length, Number(isAsked))]
  }
}

const unicodeName: Scenario = {
  group: 'allow', name: 'a name that is not ASCII',
  async run ({ proxy, scene, app }) {
    app.take()
    await send(proxy.app, { path: '/x', headers: [cookieOf(scene.zofie)] })
    const [request] = app.take()
    return differences(Buffer.from((request && valueOf(request, 'remote-user')) ?? '', 'latin1').toString(), 'žofie')
  }
}

/** The cases have sent forged addresses. Rate limits and the log of security events depend on the address. */
const loggedAddresses: Scenario = {
  group: 'smuggling', name: 'the addresses in the log of Flowgate',
  run: async ({ scene }) => {
    const lines = scene.server.logs().matchAll(/"path":"\/api\/v1\/verify[^"]*".*"address":"([^"]*)"/g)
    return differences([...new Set([...lines].map(([, address]) => address))], [CLIENT_ADDRESS])
  }
}

type Attempt = { status: number, headers: (scene: Scene, origin: Field) => Field[], path?: string }

const webSockets = Object.entries<Attempt>({
  'with a session': { headers: ({ session }, origin) => [cookieOf(session), origin], status: 101 },
  'with a key': { headers: ({ key }) => [['X-Api-Key', key.api_key]], status: 101 },
  'with a forged identity': {
    headers: ({ session }, origin) => [cookieOf(session), origin, ['Remote-User', FORGED], ['Remote_User', FORGED]],
    status: 101
  },
  'without a session': { headers: (_, origin) => [origin], status: 401 },
  'from another page': { headers: ({ session }) => [cookieOf(session), ['Origin', 'https://evil.example']], status: 403 },
  'of a program': { headers: ({ session }) => [cookieOf(session)], status: 101 },
  'that the account may not open': {
    headers: ({ session }, origin) => [cookieOf(session), origin], path: '/admin/socket', status: 403
  }
}).map(([name, { headers, status, path = '/socket?a=1' }]): Scenario => ({
  group: 'websocket', name,
  async run ({ proxy, scene, app, secrets }) {
    app.take()
    const answer = await echo(proxy.app, { path, headers: headers(scene, ['Origin', originOf(proxy.app)]) }, 'hello')
    const received = app.take()
    const isOpen = status === 101
    return [
      ...differences(answer, { status, message: isOpen ? 'hello' : '', isAccepted: isOpen }),
      ...differences(received.length, Number(isOpen)), ...checkReceived(received, proxy, secrets)
    ]
  }
}))

/** Flowgate's own host answers clients, but makes no decisions for them. */
const ownHost: Scenario[] = [
  {
    group: 'own host', name: 'the API',
    run: async ({ proxy }) => differences((await send(proxy.auth, { path: '/api/v1/version' })).status, 200)
  },
  ...[
    '', '/', '/nginx', '/denied', '/envoy/public/', '?a=1'
  ].map(rest => `/api/v1/verify${rest}`).concat(
    '/api/v1/%76erify', '//api/v1/verify', '/api//v1/verify', '/api/v1/./verify', '/x/../api/v1/verify'
  ).map((path): Scenario => ({
    group: 'own host', name: path,
    async run ({ proxy, scene }) {
      const headers: Field[] = [
        ['X-Api-Key', scene.key.api_key], ['X-Forwarded-Method', 'GET'], ['X-Forwarded-Uri', '/public/']
      ]
      const response = await send(proxy.auth, { path, headers })
      return [
        ...response.status === 404 ? [] : [`status ${response.status}`],
        ...differences(response.headers['remote-user'], undefined)
      ]
    }
  }))
]

/** Repeats a request until it is refused. @returns the milliseconds until then */
async function untilRefused (proxy: Running, headers: Field[]) {
  const begin = performance.now()
  while (performance.now() - begin < 5000) {
    const { status } = await send(proxy.app, { path: '/x', headers })
    if (status === 401) return performance.now() - begin
    if (status !== 200) throw new Error(`status ${status}`)
    await sleep(20)
  }
  throw new Error('the request is still allowed')
}

type Access = { headers: Field[], end: () => Promise<unknown> }

const revocations = Object.entries<(scene: Scene) => Promise<Access>>({
  async 'of the session' ({ url, signIn }) {
    const session = await signIn()
    const end = () => sendToFlowgate(url, '/logout', { method: 'POST', headers: bearer(session) })
    return { headers: [cookieOf(session)], end }
  },
  async 'of the key' ({ url, createKey, session }) {
    const { id, api_key: key } = await createKey()
    const end = () => sendToFlowgate(url, `/api_key/${id}`, { method: 'DELETE', headers: bearer(session) })
    return { headers: [['X-Api-Key', key]], end }
  },
  async 'of the account' ({ url, createUser, boss }) {
    const user = await createUser(`guest-${randomUUID()}`)
    const end = () => sendToFlowgate(url, `/users/${user.id}`, {
      method: 'PATCH', body: { is_active: false }, headers: bearer(boss)
    })
    return { headers: [cookieOf(user)], end }
  }
}).map(([name, grant]): Scenario => ({
  group: 'revocation', name,
  async run ({ proxy, scene }) {
    const { headers, end } = await grant(scene)
    const { status } = await send(proxy.app, { path: '/x', headers })
    if (status !== 200) return [`status ${status} before`]
    await end()
    const milliseconds = await untilRefused(proxy, headers)
    return milliseconds <= 1000 ? [] : [`refused after ${milliseconds} ms`]
  }
}))

export const scenarios: Scenario[] = [
  identityToken, webDav, unicodeName, loggedAddresses, ...connectionScenarios, ...webSockets, ...ownHost,
  ...restrictedKeys, ...revocations
]

/** Without an answer of Flowgate, a request is refused within three seconds, even if the rules allow anyone. */
export const outage = (group: string): Scenario[] => Object.entries<(scene: Scene) => Field[]>({
  'with a session': ({ session }) => [cookieOf(session)],
  'with a key': ({ key }) => [['X-Api-Key', key.api_key]],
  'where a rule allows anyone': () => []
}).map(([name, headers]): Scenario => ({
  group, name,
  async run ({ proxy, scene, app }) {
    app.take()
    const begin = performance.now()
    const { status, headers: answer } = await send(proxy.app, { path: '/public/x', headers: headers(scene) })
    const milliseconds = performance.now() - begin
    return [
      ...status >= 500 ? [] : [`status ${status}`], ...milliseconds < 3000 ? [] : [`refused after ${milliseconds} ms`],
      ...differences(answer['x-from-app'], undefined), ...differences(app.take(), [])
    ]
  }
}))
