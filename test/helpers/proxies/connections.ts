import { Agent } from 'node:https'
import { checkReceived } from './check.ts'
import { exchange, send } from './client.ts'
import { cookieOf, differences, type Scenario } from './scenario.ts'

/** Clients would read the content as the next response. */
const emptyHead: Scenario = {
  group: 'methods', name: 'HEAD is refused without content',
  async run ({ proxy }) {
    const contentOf = async (method: string) => {
      const answer = await exchange(proxy.app, [
        `${method} / HTTP/1.1`, `Host: ${proxy.app.host}`, 'Connection: close', '', ''
      ])
      return answer.slice(answer.indexOf('\r\n\r\n') + 4)
    }
    const get = await contentOf('GET')
    return [...differences(await contentOf('HEAD'), ''), ...get.includes('sign_in_required') ? [] : [get]]
  }
}

const nextRequest: Scenario = {
  group: 'refuse', name: 'the next request of a connection, without a credential',
  async run ({ proxy, scene }) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const statuses: number[] = []
    for (const headers of [[cookieOf(scene.session)], []]) {
      statuses.push((await send(proxy.app, { path: '/x', headers, agent })).status)
    }
    agent.destroy()
    return differences(statuses, [200, 401])
  }
}

/** Two headers that disagree about the end of a request, so that its content could be read as another request. */
const hiddenRequests = Object.entries<string[]>({
  'Content-Length and Transfer-Encoding': ['Content-Length: LENGTH', 'Transfer-Encoding: chunked'],
  'a blank before the colon': ['Content-Length: LENGTH', 'Transfer-Encoding : chunked'],
  'an unknown coding': ['Content-Length: LENGTH', 'Transfer-Encoding: xchunked'],
  'an underscore': ['Content-Length: LENGTH', 'Transfer_Encoding: chunked'],
  'a folded line': ['Content-Length: LENGTH', 'X-Custom: a', ' Transfer-Encoding: chunked'],
  'two lengths': ['Content-Length: LENGTH', 'Content-Length: 5']
}).map(([name, fields]): Scenario => ({
  group: 'smuggling', name: `a request inside another one: ${name}`,
  async run ({ proxy, app, secrets }) {
    app.take()
    const { host } = proxy.app
    const hidden = ['GET /admin/hidden HTTP/1.1', `Host: ${host}`, 'Remote-Groups: superusers', '', '']
    const content = ['0', '', ...hidden].join('\r\n')
    const lengths = fields.map(field => field.replace('LENGTH', String(content.length)))
    await exchange(proxy.app, ['POST /public/x HTTP/1.1', `Host: ${host}`, 'Connection: close', ...lengths, '', content])
    const received = app.take()
    const isHidden = received.some(({ url }) => url.startsWith('/admin'))
    return [...isHidden ? ['the app received the hidden request'] : [], ...checkReceived(received, proxy, secrets)]
  }
}))

/** Where a message ends, and which messages a connection carries. */
export const connectionScenarios = [emptyHead, nextRequest, ...hiddenRequests]
