import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import {
  createVerifier, fastifyIdentity, identityOf, requireIdentity, type Requirements, VerificationError
} from '../../src/verify/index.ts'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'

declare module 'fastify' {
  interface FastifyContextConfig { identity?: Requirements | false }
}

const issuer = await startIssuer(t, [await createSigningKey()])
const verifier = createVerifier({ issuer: issuer.url, audience: 'reports' })
const token = await issuer.sign({ claims: { access: 'editor' } })
const authorization = `Bearer ${token}`

const down = createVerifier({ issuer: 'http://127.0.0.1:9', audience: 'reports', fetch: async () => { throw new Error('down') } })
const downToken = await issuer.sign({ claims: { iss: 'http://127.0.0.1:9' } })

t.test('Fastify: every route requires a token unless its config makes it public', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyIdentity, { verifier })
  app.get('/public', { config: { identity: false } }, async () => 'public')
  app.get('/me', async request => identityOf(request).username)
  app.get('/flows', { config: { identity: { scopes: ['flows:read'] } } }, async request => identityOf(request).scopes)
  app.get('/settings', { config: { identity: { access: 'admin' } } }, async () => 'settings')
  app.get('/odd', { config: { identity: true as unknown as false } }, async () => 'odd')
  app.get('/forgotten', { config: { identity: false } }, async request => identityOf(request))
  app.register(async nested => { nested.get('/nested', async request => identityOf(request).username) })

  const get = (url: string, headers = {}) => app.inject({ url, headers })
  t.match(await get('/public'), { statusCode: 200, body: 'public' })
  t.match(await get('/me', { authorization }), { statusCode: 200, body: 'ada' })
  t.match(await get('/nested', { authorization }), { statusCode: 200, body: 'ada' })
  t.match(await get('/flows', { authorization }), { statusCode: 200 })
  for (const url of ['/me', '/flows', '/settings', '/nested', '/unknown']) {
    const { statusCode, headers, body } = await get(url)
    t.match({ statusCode, challenge: headers['www-authenticate'] }, { statusCode: 401, challenge: 'Bearer' }, url)
    t.match(JSON.parse(body), { code: 'missing_token', message: 'A bearer token is required' })
  }
  const refused = await get('/settings', { authorization })
  t.equal(refused.statusCode, 403)
  t.match(refused.headers['www-authenticate'], /^Bearer error="insufficient_scope"/)
  const invalid = await get('/me', { authorization: `${authorization.slice(0, -5)}AAAAA` })
  t.equal(invalid.statusCode, 401)
  t.match(invalid.headers['www-authenticate'], /error="invalid_token"/)
  t.match(await get('/odd', { authorization }), { statusCode: 500 }, 'a mistake in a route is not a public route')
  t.match(await get('/forgotten', { authorization }), { statusCode: 500 })
})

t.test('Fastify: the plugin protects the instance that registers it, and has default requirements', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/outside', async () => 'outside')
  app.register(async inner => {
    inner.register(fastifyIdentity, { verifier, requirements: { access: 'admin' } })
    inner.get('/inside', async () => 'inside')
    inner.get('/other', { config: { identity: {} } }, async () => 'other')
  })
  app.register(async inner => {
    inner.register(fastifyIdentity, { verifier: down })
    inner.get('/down', async () => 'down')
  })
  t.match(await app.inject('/outside'), { statusCode: 200 })
  t.match(await app.inject({ url: '/inside', headers: { authorization } }), { statusCode: 403 })
  t.match(await app.inject({ url: '/other', headers: { authorization } }), { statusCode: 200 })
  const unavailable = await app.inject({ url: '/down', headers: { authorization: `Bearer ${downToken}` } })
  t.match(unavailable, { statusCode: 503, headers: { 'retry-after': '30' } })
  t.notMatch(unavailable.body, 'down', 'the cause is not sent')
})

/** Serves a handler and returns a function that requests a path. */
async function serve (t: Test, handler: Parameters<typeof createServer>[1]) {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const { port } = server.address() as AddressInfo // a TCP server that listens
  return async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }
}

t.test('Express: handlers after the middleware run only with a right token', async t => {
  const app = express()
  app.set('env', 'test') // without stacks on the console
  app.get('/public', (_request, response) => { response.send('public') })
  app.get('/me', requireIdentity(verifier), (request, response) => { response.send(identityOf(request).username) })
  app.get('/settings', requireIdentity(verifier, { access: 'admin' }), (_request, response) => { response.send('no') })
  app.get('/down', requireIdentity(down), (_request, response) => { response.send('down') })
  app.get('/broken', requireIdentity(verifier), () => { throw new Error('broken') })
  app.get('/forgotten', request => { identityOf(request) })
  const get = await serve(t, app)

  t.match(await get('/public'), { status: 200, body: 'public' })
  t.match(await get('/me', { authorization }), { status: 200, body: 'ada' })
  t.match(await get('/me'), { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  t.match(await get('/settings', { authorization }), { status: 403, headers: { 'www-authenticate': /insufficient_scope/ } })
  t.match(await get('/down', { authorization: `Bearer ${downToken}` }), { status: 503, headers: { 'retry-after': '30' } })
  t.match(await get('/broken', { authorization }), { status: 500 })
  t.match(await get('/forgotten', { authorization }), { status: 500 })
})

t.test('Connect: the middleware works with a plain request and a next function', async t => {
  const get = await serve(t, (request, response) => {
    requireIdentity(verifier)(request, response, error => {
      if (error instanceof VerificationError) response.writeHead(error.status, error.headers).end(error.code)
      else response.end(identityOf(request).username)
    })
  })
  t.match(await get('/', { authorization }), { status: 200, body: 'ada' })
  t.match(await get('/'), { status: 401, body: 'missing_token' })
})
