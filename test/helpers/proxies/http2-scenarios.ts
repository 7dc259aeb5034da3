import type { OutgoingHttpHeaders } from 'node:http2'
import { FORGED } from './attacks.ts'
import { checkReceived, valueOf } from './check.ts'
import { ask, echo, withHttp2 } from './http2.ts'
import { differences, originOf, type Scenario } from './scenario.ts'

const group = 'http/2'
const SOCKET = '/socket'

type Attempt = { headers: OutgoingHttpHeaders, hasSession?: boolean, status?: number, cookie?: string }

/** What HTTP/2 writes in another way than HTTP/1.1. */
const requests = (host: string): Record<string, Attempt> => ({
  'cookies in several fields': { headers: {}, status: 200, cookie: 'theme=dark; sid=42' },
  'a forged identity': {
    headers: { 'remote-user': FORGED, remote_user: FORGED, 'x-forwarded-uri': `/${FORGED}` }, status: 200
  },
  'another host beside :authority': { headers: { host: 'open.example.org' }, hasSession: false },
  'another :authority beside the host': { headers: { ':authority': 'open.example.org', host }, hasSession: false }
})

const sessionOf = (token: string) => ['theme=dark', `access_token_lf=${token}`, 'sid=42']

const requestScenarios = Object.keys(requests('')).map((name): Scenario => ({
  group, name,
  run: async ({ proxy, scene, app, secrets }) => withHttp2(proxy.app, async session => {
    const { headers = {}, hasSession = true, status, cookie } = requests(proxy.app.host)[name] ?? {}
    app.take()
    const cookies = hasSession ? { cookie: sessionOf(scene.session.access_token) } : {}
    const answered = await ask(session, { ':path': '/x', ...cookies, ...headers } as OutgoingHttpHeaders)
    const received = app.take()
    return [
      ...differences(received.length, Number(hasSession)), ...checkReceived(received, proxy, secrets),
      ...status === undefined ? [] : differences(answered, status),
      ...cookie === undefined ? [] : differences(received.map(request => valueOf(request, 'cookie')), [cookie])
    ]
  })
}))

type Socket = { hasSession?: boolean, origin?: string, status: number }

const sockets = Object.entries<Socket>({
  'a WebSocket with a session': { status: 200 },
  'a WebSocket without a session': { hasSession: false, status: 401 },
  'a WebSocket from another page': { origin: 'https://evil.example', status: 403 }
}).map(([name, { hasSession = true, origin, status }]): Scenario => ({
  group, name,
  run: async ({ proxy, scene, app, secrets }) => withHttp2(proxy.app, async session => {
    app.take()
    const cookies = hasSession ? { cookie: `access_token_lf=${scene.session.access_token}` } : {}
    const answer = await echo(session, { ':path': SOCKET, origin: origin ?? originOf(proxy.app), ...cookies }, 'hello')
    const received = app.take()
    const isOpen = status === 200
    return [
      ...differences(answer, { status, message: isOpen ? 'hello' : '' }),
      ...differences(received.length, Number(isOpen)), ...checkReceived(received, proxy, secrets)
    ]
  })
}))

/** If a proxy begins to offer them, the scenarios above must run with it. */
const noSockets: Scenario = {
  group, name: 'WebSockets are not offered',
  run: async ({ proxy }) => withHttp2(proxy.app, async ({ remoteSettings }) =>
    differences(remoteSettings.enableConnectProtocol, false))
}

export const http2Scenarios = {
  nothing: [],
  requests: [...requestScenarios, noSockets],
  WebSockets: [...requestScenarios, ...sockets]
}
