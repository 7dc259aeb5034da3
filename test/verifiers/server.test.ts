import { exportPKCS8, type JWK } from 'jose'
import t, { type Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { createClient, FlowgateError } from '../../src/client/index.ts'
import { createVerifier } from '../../src/verify/index.ts'
import { ADMIN } from '../helpers/app.ts'
import { type Env, runCli, temporaryFolder } from '../helpers/cli.ts'
import { createClock } from '../helpers/clock.ts'
import { signIn } from '../helpers/http.ts'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { forgedTokens, signedTokens, type TokenCase } from '../helpers/token-cases.ts'
import {
  checkAll, checkAllWithExample, checkWithFlowgate, checkWithJose, goExample, nodeExample, pythonExample
} from '../helpers/verifiers.ts'

const AUDIENCE = 'reports'
const TIMEOUT = { timeout: 580_000 }
const attacker = await startIssuer(t, [await createSigningKey()])

/**
 * A server for two audiences, and the tokens that it and an attacker can make.
 * @param path the base path
 */
async function serve (t: Test, env: Env, path = '') {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}${path}`
  await startServer(t, {
    env: {
      LANGFLOW_PORT: String(port), LANGFLOW_PUBLIC_URL: url, LANGFLOW_IDENTITY_AUDIENCES: `${AUDIENCE},invoices`, ...env
    }
  })
  const client = createClient({ baseUrl: url, ...ADMIN })
  const right = await client.exchangeToken({ audience: AUDIENCE })
  const other = await client.exchangeToken({ audience: 'invoices' })
  const { keys } = await (await fetch(`${url}/.well-known/jwks.json`)).json() as { keys: JWK[] } // RFC 7517
  const cases: TokenCase[] = [
    { name: 'an identity token', token: right.accessToken, isRight: true },
    { name: 'an identity token for another audience', token: other.accessToken, isRight: false },
    { name: 'an access token', token: (await signIn(url)).access_token, isRight: false },
    ...await forgedTokens(right.accessToken, keys, `${attacker.url}/.well-known/jwks.json`)
  ]
  return { url, client, keys, cases, right, scene: { issuer: url, audience: AUDIENCE } }
}

/**
 * Checks the tokens of a server with every verifier.
 * @param ofExamples the tokens for the examples, which start a process for each
 */
async function checkEverywhere (
  t: Test, { scene, cases }: Pick<Awaited<ReturnType<typeof serve>>, 'scene' | 'cases'>, ofExamples = cases
) {
  await t.test('flowgate/verify', t => checkAll(t, checkWithFlowgate(scene), cases))
  await t.test('jose', t => checkAll(t, checkWithJose(scene), cases))
  await t.test('the Node.js example', TIMEOUT, t => checkAllWithExample(t, nodeExample, scene, ofExamples))
  await t.test('the Python example', TIMEOUT, t => checkAllWithExample(t, pythonExample(), scene, ofExamples))
  await t.test('the Go example', TIMEOUT, t => checkAllWithExample(t, goExample(t), scene, ofExamples))
  t.equal(attacker.requests, 0, 'no verifier asks the address in a token for keys')
}

t.test('every verifier accepts the identity tokens of a server and refuses all others', TIMEOUT, async t => {
  // With the key of the server, the test signs tokens that the server would not issue.
  const key = await createSigningKey('RS256')
  const privateKey = await exportPKCS8(key.privateKey)
  const server = await serve(t, { LANGFLOW_ALGORITHM: 'RS256', LANGFLOW_PRIVATE_KEY: privateKey })
  t.ok(server.keys.some(({ kid }) => kid === key.kid))
  const signed = await signedTokens({ issuer: server.url, audience: AUDIENCE, key })
  await checkEverywhere(t, { ...server, cases: [...server.cases, ...signed] })
})

for (const algorithm of ['ES256', 'EdDSA']) {
  t.test(`the same with ${algorithm} and generated keys${algorithm === 'ES256' ? ', below a path' : ''}`, TIMEOUT, async t => {
    const server = await serve(t, { LANGFLOW_IDENTITY_ALGORITHM: algorithm }, algorithm === 'ES256' ? '/flowgate' : '')
    t.equal(server.keys[0].alg, algorithm)
    const some = /^an identity token|tampered payload|^alg none$|HS256 signed with the public key as PEM/
    await checkEverywhere(t, server, server.cases.filter(({ name }) => some.test(name)))
  })
}

t.test('after a withdrawal of all keys, new tokens are accepted and old ones refused', async t => {
  const folder = temporaryFolder(t)
  const { url, right } = await serve(t, { LANGFLOW_CONFIG_DIR: folder })
  const clock = createClock()
  const verifier = createVerifier({ issuer: url, audience: AUDIENCE, now: () => clock.now().getTime() })
  t.ok(await verifier.verify(right.accessToken))

  const withdraw = ['signing-keys', 'rotate', '--withdraw', '--yes']
  const { code, stdout } = await runCli(t, withdraw, { ...serverEnv, LANGFLOW_CONFIG_DIR: folder })
  t.equal(code, 0, stdout)
  const { accessToken } = await createClient({ baseUrl: url, ...ADMIN }).exchangeToken({ audience: AUDIENCE })
  t.ok(await verifier.verify(right.accessToken), 'the verifier has the old key')
  clock.advance(31)
  t.ok(await verifier.verify(accessToken), 'the unknown key is downloaded after the cool-down')
  await t.rejects(verifier.verify(right.accessToken), { code: 'invalid_token' })
})

t.test('sessions and API keys are exchanged for identities', async t => {
  const { url, client, right } = await serve(t, {})
  const verifier = createVerifier({ issuer: url, audience: AUDIENCE })
  const session = await verifier.verify(right.accessToken)
  t.match(session, {
    username: ADMIN.username, groups: ['superusers'], access: 'admin', sessionId: /./, authenticatedAt: Date,
    issuer: url, audience: AUDIENCE
  })
  t.ok(session.expiresAt.getTime() - Date.now() <= 300_000)
  t.strictSame(session.scopes, right.scopes)

  const { data: { api_key: apiKey } } = await client.POST('/api/v1/api_key/', { body: { name: 'nightly' } })
  const byKey = createClient({ baseUrl: url, apiKey })
  const { accessToken, scopes } = await byKey.exchangeToken({ audience: AUDIENCE })
  const identity = await verifier.verify(accessToken)
  t.match(identity, { accountId: session.accountId, sessionId: undefined })
  const [scope] = scopes
  const less = await byKey.exchangeToken({ audience: AUDIENCE, scope })
  t.strictSame((await verifier.verify(less.accessToken)).scopes, [scope])
  t.equal((await byKey.exchangeToken({ audience: AUDIENCE })).accessToken, accessToken)

  const failureOf = (request: { audience: string, scope?: string }) =>
    byKey.exchangeToken(request).catch((error: FlowgateError) => `${error.status} ${error.code}`)
  t.equal(await failureOf({ audience: 'unknown' }), '400 invalid_target')
  t.equal(await failureOf({ audience: AUDIENCE, scope: 'everything' }), '400 invalid_scope')

  const { data: introspection } = await byKey.POST('/oauth2/introspect', {
    body: { token: apiKey }, headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.match(introspection, { active: true, sub: session.accountId })

  const stale = createClient({ baseUrl: url, ...ADMIN, tokens: { accessToken: 'a.b.c' } })
  t.ok(await verifier.verify((await stale.exchangeToken({ audience: AUDIENCE })).accessToken), 'after a new sign-in')
})
