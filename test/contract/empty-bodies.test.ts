import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { requestLimits } from '../../src/plugins/http/server-options.ts'
import { buildApp } from '../helpers/app.ts'

type Headers = Record<string, string>
type Answer = { status: number, json: { detail?: unknown, code?: string } }

const ID = '00000000-0000-4000-8000-000000000000'

const types = [
  undefined, 'application/json', 'application/json; charset=utf-8', 'text/plain', 'application/x-www-form-urlencoded',
  'application/vnd.unknown+json', 'multipart/form-data', 'multipart/form-data; boundary=x', '*/*', 'no type', ';;'
]
const malformed = ['no type', ';;']
/** Ways in which a request can state that it has no body. */
const framings: Headers[] = [{}, { 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]

const contents: Array<[string, string | Buffer]> = [
  ['an object', '{}'], ['half an object', '{"a":'], ['text', 'junk'], ['bytes', Buffer.from([0, 255, 254])],
  ['a compressed object', gzipSync('{}')], ['half the body limit', 'x'.repeat(requestLimits.bodyBytesMax / 2)]
]

async function listening (t: Test) {
  const built = await buildApp(t)
  const { port } = new URL(await built.app.listen({ host: '127.0.0.1', port: 0 }))
  const send = (method: string, path: string, headers: Headers, body?: string | Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk)).on('error', reject).on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, json: text === '' ? {} : JSON.parse(text) })
        })
      }).on('error', reject)
      sent.end(body)
    })
  const paths: Record<string, Record<string, { operationId: string, requestBody?: object }>> =
    (await built.app.inject('/openapi.json')).json().paths
  // The endpoints of OAuth have other errors: test/tokens/oauth-errors.test.ts.
  const ours = Object.entries(paths).filter(([path]) => !path.startsWith('/oauth2/'))
  const operations = ours.flatMap(([path, methods]) => Object.entries(methods)
    .filter(([method]) => method !== 'get').map(([method, { operationId, requestBody }]) => ({
      operationId,
      method: method.toUpperCase(),
      path: path.replace(/\{\w+\}/g, ID),
      takesBody: requestBody !== undefined
    })))
  return { ...built, send, operations }
}

const typed = (type: string | undefined): Headers => type === undefined ? {} : { 'content-type': type }

t.test('operations without a body ignore the content type and the content', async t => {
  const { as, send, operations } = await listening(t)
  const { bearer } = await as('ada')
  const open = operations.filter(({ takesBody, operationId }) => !takesBody && operationId !== 'logout')
  t.ok(open.length >= 10, `${open.length} operations`)
  for (const { operationId, method, path } of open) {
    const { status } = await send(method, path, bearer)
    t.notOk([400, 415, 422, 500].includes(status), `${operationId}: ${status}`)
    const seen = new Set<number>()
    for (const type of types) {
      for (const framing of framings) {
        seen.add((await send(method, path, { ...bearer, ...framing, ...typed(type) })).status)
      }
    }
    for (const [name, content] of contents) {
      for (const type of [undefined, 'application/json', 'multipart/form-data', 'no type']) {
        const encoding: Headers = name.includes('compressed') ? { 'content-encoding': 'gzip' } : {}
        const headers = { ...bearer, ...typed(type), ...encoding }
        seen.add((await send(method, path, { ...headers, 'content-length': `${content.length}` }, content)).status)
        seen.add((await send(method, path, { ...headers, 'transfer-encoding': 'chunked' }, content)).status)
      }
    }
    t.strictSame([...seen], [status], operationId)
  }
  const large = 'x'.repeat(requestLimits.bodyBytesMax + 1)
  t.equal((await send('POST', '/api/v1/refresh', { 'content-length': `${large.length}` }, large)).status, 413)
})

t.test('sign-out works with any content type and body', async t => {
  const { as, send } = await listening(t)
  const { signInAgain } = await as('ada')
  const variants = [
    ...types.flatMap(type => framings.map(framing => [{ ...framing, ...typed(type) }, undefined] as const)),
    ...contents.map(([, content]) => [{ 'content-type': 'application/json' }, content] as const)
  ]
  for (const [headers, content] of variants) {
    const { access_token: token } = (await signInAgain()).json()
    const cookie = { cookie: `access_token_lf=${token}` }
    t.equal((await send('POST', '/api/v1/logout', { ...cookie, ...headers }, content)).status, 200, headers)
    t.equal((await send('GET', '/api/v1/users/whoami', cookie)).status, 401, 'the session has ended')
  }
})

t.test('an empty body counts as missing, with any content type', async t => {
  const { admin, send, operations } = await listening(t)
  const { bearer } = await admin()
  const closed = operations.filter(({ takesBody }) => takesBody)
  t.ok(closed.length >= 15, `${closed.length} operations`)
  const missing = (...loc: string[]) => ({ type: 'missing', loc, msg: 'Field required' })
  for (const { operationId, method, path } of closed) {
    const expected = operationId === 'login'
      ? [missing('body', 'username'), missing('body', 'password')]
      : [missing('body')]
    for (const type of types) {
      for (const framing of framings) {
        const isChunked = 'transfer-encoding' in framing
        // Whether a chunked body is empty is known only after it is read, which requires a valid content type.
        const isUnreadable = malformed.includes(type ?? '') || (operationId === 'login' && /^multi/.test(type ?? ''))
        if (isChunked && isUnreadable) continue
        const { status, json } = await send(method, path, { ...bearer, ...framing, ...typed(type) })
        if (operationId === 'uploadFlows') t.ok(status === 422 || status === 400, `${operationId} ${status}`)
        else t.strictSame([status, json.detail], [422, expected], `${operationId}, ${type}, ${Object.keys(framing)}`)
      }
    }
    const json = { ...bearer, 'content-type': 'application/json' }
    if (!['login', 'uploadFlows'].includes(operationId)) {
      t.strictSame((await send(method, path, { ...json, 'content-length': '4' }, 'null')).json.detail, expected, `${operationId}, null`)
      const text = { ...bearer, 'content-type': 'text/plain', 'content-length': '1' }
      t.equal((await send(method, path, text, 'x')).status, 415, operationId)
    }
  }
})
