import { type App, digestOf, type Received } from './app.ts'
import { FORGED } from './attacks.ts'
import type { Case } from './cases.ts'
import { CLIENT_ADDRESS, send } from './client.ts'
import type { Running } from './start.ts'

/** The path as an app reads it that decodes twice, accepts backslashes and removes path parameters. */
function resolve (url: string): string {
  const decode = (text: string) => text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  const path = decode(decode(url.split('?')[0] ?? '')).replaceAll('\\', '/').replace(/;[^/]*/g, '')
  return new URL(path.replace(/\/+/g, '/'), 'http://app').pathname.replace(/\/+/g, '/')
}

const valuesOf = ({ fields }: Received, name: string) =>
  fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)

export const valueOf = (request: Received, name: string) => valuesOf(request, name)[0]

/** What must not be in a request to the app, whatever the client sent. */
function faultsOf (request: Received, { app: { host }, keepsEmpty }: Running, secrets: string[]): string[] {
  const faults: string[] = []
  const expect = (name: string, value: string) => {
    const values = valuesOf(request, name)
    if (values.join() !== value) faults.push(`${name}: ${values.join()} instead of ${value}`)
  }
  for (const [name, value] of request.fields) {
    if (value.includes(FORGED) || /6\.6\.6\.6|^666$/.test(value)) faults.push(`forged: ${name}: ${value}`)
    if (secrets.some(secret => value.includes(secret))) faults.push(`a credential: ${name}`)
    if (/[^a-z0-9-]/i.test(name)) faults.push(`an ambiguous name: ${name}`)
    if (value === '' && !keepsEmpty && /^(remote-|authorization|cookie|x-api-key)/i.test(name)) faults.push(`empty: ${name}`)
  }
  for (const name of ['remote-user', 'remote-user-id', 'remote-groups', 'remote-scopes', 'authorization']) {
    if (valuesOf(request, name).length > 1) faults.push(`twice: ${name}`)
  }
  if (!['', 'websocket'].includes(request.upgrade)) faults.push(`an upgrade to ${request.upgrade}`)
  expect('x-forwarded-for', CLIENT_ADDRESS)
  // Traefik writes wss for WebSockets.
  if (request.upgrade === '') expect('x-forwarded-proto', 'https')
  expect('host', host)
  const isSuperuser = valuesOf(request, 'remote-groups').join() === 'superusers'
  if (/^\/admin(\/|$)/i.test(resolve(request.url)) && !isSuperuser) faults.push(`the path ${request.url}`)
  return faults
}

const matches = (value: string | undefined, expected: string | RegExp | undefined) =>
  expected instanceof RegExp ? value !== undefined && expected.test(value) : value === expected

/** Checks the requests that have reached the app. */
export function checkReceived (received: Received[], proxy: Running, secrets: string[]): string[] {
  return received.flatMap(request => faultsOf(request, proxy, secrets))
}

/** Sends the request of a case. @returns what differs from the case; empty if nothing does */
export async function checkCase (proxy: Running, app: App, one: Case, secrets: string[]): Promise<string[]> {
  app.take()
  const response = await send(proxy.app, one.send)
  const received = app.take()
  const problems = checkReceived(received, proxy, secrets)
  const [request] = received
  if (one.status !== undefined && response.status !== one.status) {
    problems.push(`status ${response.status} instead of ${one.status}: ${response.body.slice(0, 200)}`)
  }
  if (one.reaches !== undefined && received.length !== Number(one.reaches)) {
    problems.push(`the app received ${received.length} requests; status ${response.status}`)
  }
  if (one.body && !one.body.test(response.body)) problems.push(`body: ${response.body.slice(0, 200)}`)
  for (const [name, expected] of Object.entries(one.answer ?? {})) {
    const value = response.headers[name]?.toString()
    if (!matches(value, expected)) problems.push(`${name} of the response: ${value}`)
  }
  if (!request) return problems
  const { method = 'GET', body } = one.send
  if (request.method !== method) problems.push(`method ${request.method}`)
  if (body && request.sha256 !== digestOf(body)) problems.push(`the app received ${request.bytes} bytes`)
  for (const [name, expected] of Object.entries(one.arrives ?? {})) {
    const value = valueOf(request, name)
    if (!matches(proxy.keepsEmpty && value === '' ? undefined : value, expected)) problems.push(`${name} at the app: ${value}`)
  }
  return problems
}
