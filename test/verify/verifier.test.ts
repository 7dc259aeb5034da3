import { generateSecret, SignJWT } from 'jose'
import t from 'tap'
import { createVerifier, type Requirements, VerificationError, type VerifierOptions } from '../../src/verify/index.ts'
import { createSigningKey, identityClaims, signToken, startIssuer } from '../helpers/issuer.ts'

const key = await createSigningKey()
const issuer = await startIssuer(t, [key], '/flowgate')
const verifier = createVerifier({ issuer: issuer.url, audience: 'reports' })

/** The failure of a call. */
async function failureOf (call: Promise<unknown>): Promise<VerificationError> {
  const error = await call.then(() => new Error('accepted'), error => error)
  if (error instanceof VerificationError) return error
  throw error
}

t.test('a verified token identifies the account, its session and its rights', async t => {
  const claims = identityClaims(issuer.url, 'reports')
  const identity = await verifier.verify(await issuer.sign({ claims }))
  t.strictSame(identity, {
    accountId: claims.sub,
    username: 'ada',
    groups: ['superusers'],
    access: 'admin',
    scopes: ['flows:read', 'flows:write'],
    sessionId: claims.sid,
    authenticatedAt: new Date(claims.auth_time * 1000),
    expiresAt: new Date(claims.exp * 1000),
    issuer: issuer.url,
    audience: 'reports',
    claims
  })
})

t.test('claims of other types are ignored, and required ones are checked', async t => {
  const odd = { groups: 'superusers', access: 'root', scope: 7, sid: '', auth_time: 'now', preferred_username: {} }
  t.match(await verifier.verify(await issuer.sign({ claims: odd })), {
    groups: [], access: undefined, scopes: [], sessionId: undefined, authenticatedAt: undefined, username: undefined
  })
  const { iat } = identityClaims(issuer.url, 'reports')
  const bad = [
    { sub: undefined }, { sub: '' }, { sub: 7 }, { iat: undefined }, { iat: iat + 60 }, { iat: 'now' },
    { exp: 'never' }, { exp: null }, { nbf: 'now' }, { aud: ['invoices'] }, { aud: {} }, { iss: 7 }
  ]
  for (const claims of bad) {
    const { code } = await failureOf(verifier.verify(await issuer.sign({ claims })))
    t.equal(code, 'invalid_token', JSON.stringify(claims))
  }
  for (const typ of [undefined, '', 'logout+jwt', 'secevent+jwt']) {
    const { code } = await failureOf(verifier.verify(await issuer.sign({ header: { typ } })))
    t.equal(code, 'invalid_token', `typ ${typ}`)
  }
  const several = await verifier.verify(await issuer.sign({ claims: { aud: ['invoices', 'reports'] } }))
  t.equal(several.audience, 'reports', 'a token may have several audiences')
  t.ok(await verifier.verify(await issuer.sign({ header: { typ: 'at+jwt' } })))
})

t.test('clocks may differ by 5 seconds', async t => {
  const { iat } = identityClaims(issuer.url, 'reports')
  t.ok(await verifier.verify(await issuer.sign({ claims: { iat: iat + 3, nbf: iat + 3 } })))
  t.ok(await verifier.verify(await issuer.sign({ claims: { exp: iat - 2 } })))
  t.match(await failureOf(verifier.verify(await issuer.sign({ claims: { exp: iat - 10 } }))), { code: 'expired_token' })
})

t.test('the header x5u, jku or jwk of a right token has no effect', async t => {
  const other = await createSigningKey()
  const header = { jku: 'http://127.0.0.1:9/keys', x5u: 'http://127.0.0.1:9/chain', jwk: other.jwk }
  t.ok(await verifier.verify(await issuer.sign({ header })))
})

t.test('tokens without a known key ID and issuer cause no request', async t => {
  const own = await startIssuer(t, [key])
  const { verify } = createVerifier({ issuer: own.url, audience: 'reports' })
  const secret = await generateSecret('HS256')
  const hmac = await new SignJWT(identityClaims(own.url, 'reports'))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: key.kid }).sign(secret)
  const tokens = [
    await own.sign({ claims: { padding: 'x'.repeat(4000) } }), 'a.b.c', hmac,
    await own.sign({ header: { kid: undefined } }),
    await own.sign({ claims: { iss: 'https://other.example' } }), await own.sign({ header: { typ: 'logout+jwt' } })
  ]
  for (const token of tokens) t.match(await failureOf(verify(token)), { code: 'invalid_token' })
  t.equal(own.requests, 0)
})

t.test('several issuers have separate keys', async t => {
  const otherKey = await createSigningKey('ES256')
  const other = await startIssuer(t, [otherKey])
  const both = createVerifier({ issuers: [issuer.url, { issuer: other.url }], audience: 'reports' })
  t.equal((await both.verify(await issuer.sign())).issuer, issuer.url)
  t.equal((await both.verify(await other.sign())).issuer, other.url)
  const crossed = await signToken({ claims: identityClaims(issuer.url, 'reports') }, otherKey)
  t.match(await failureOf(both.verify(crossed)), { code: 'invalid_token' }, 'a key of another issuer')
})

t.test('a final slash of the configured issuer is ignored, as LANGFLOW_PUBLIC_URL ignores it', async t => {
  const { verify } = createVerifier({ issuer: `${issuer.url}/`, audience: 'reports' })
  t.equal((await verify(await issuer.sign())).issuer, issuer.url)
  t.match(await failureOf(verify(await issuer.sign({ claims: { iss: `${issuer.url}/` } }))), { code: 'invalid_token' })
})

t.test('the keys may be at another address than the issuer', async t => {
  const inside = createVerifier({
    issuer: 'https://auth.example.org', jwksUri: `${issuer.url}/.well-known/jwks.json`, audience: ['invoices', 'reports']
  })
  t.ok(await inside.verify(await issuer.sign({ claims: { iss: 'https://auth.example.org' } })))
})

t.test('requirements are checked, and failures say which in WWW-Authenticate', async t => {
  const token = await issuer.sign({ claims: { access: 'editor', groups: ['a', 'b'], scope: 'x:read x:write' } })
  const accepted: Requirements[] = [
    {}, { scopes: [] }, { scopes: ['x:read'] }, { scopes: ['x:read', 'x:write'] }, { groups: ['b', 'c'] },
    { access: 'viewer' }, { access: 'editor' }
  ]
  for (const requirements of accepted) t.ok(await verifier.verify(token, requirements), JSON.stringify(requirements))
  const missing = await failureOf(verifier.verify(token, { scopes: ['x:read', 'x:delete'] }))
  t.match(missing, { code: 'insufficient_scope', status: 403 })
  t.equal(missing.headers['www-authenticate'], 'Bearer error="insufficient_scope", ' +
    'error_description="The token does not have the required scope", scope="x:read x:delete"')
  t.match(await failureOf(verifier.verify(token, { groups: ['c'] })), { code: 'insufficient_group', status: 403 })
  t.match(await failureOf(verifier.verify(token, { groups: [] })), { code: 'insufficient_group', status: 403 })
  t.match(await failureOf(verifier.verify(token, { access: 'admin' })), { code: 'insufficient_access', status: 403 })
  const unknown = await issuer.sign({ claims: { access: 'root' } })
  t.match(await failureOf(verifier.verify(unknown, { access: 'viewer' })), { code: 'insufficient_access' })
})

t.test('the Authorization header is read as RFC 6750 describes it', async t => {
  const token = await issuer.sign()
  for (const value of [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token} `]) {
    t.ok(await verifier.authenticate(value), value.slice(0, 10))
  }
  for (const value of [undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', token]) {
    t.match(await failureOf(verifier.authenticate(value)), {
      code: 'missing_token', status: 401, headers: { 'www-authenticate': 'Bearer' }
    }, String(value).slice(0, 10))
  }
  for (const value of [`Bearer ${token} ${token}`, `Bearer ${token},`, 'Bearer x']) {
    t.match(await failureOf(verifier.authenticate(value)), {
      code: 'invalid_token',
      headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="The token is not valid"' }
    })
  }
})

t.test('failures contain no part of the token', async t => {
  const token = await issuer.sign({ claims: { aud: 'invoices' } })
  const error = await failureOf(verifier.verify(token))
  t.equal(error.reason, 'unexpected "aud" claim value')
  const shown = JSON.stringify(error, Object.getOwnPropertyNames(error))
  for (const part of [...token.split('.'), 'ada', 'invoices']) t.notOk(shown.includes(part), part.slice(0, 10))
})

t.test('options that would not verify are refused', async t => {
  const right = { issuer: 'https://auth.example.org', audience: 'reports' }
  const wrong: Array<[Record<string, unknown>, RegExp]> = [
    [{ issuer: undefined }, /issuer/],
    [{ issuers: ['https://a.example'] }, /either issuer or issuers/],
    [{ issuer: undefined, issuers: [] }, /not be empty/],
    [{ issuer: undefined, issuers: ['https://a.example', { issuer: 'https://a.example' }] }, /different/],
    [{ issuer: undefined, issuers: ['https://a.example'], jwksUri: 'https://b.example' }, /each of the issuers/],
    [{ issuer: 'auth.example.org' }, /http or https URL/],
    [{ issuer: 'https://ada:x@a.example' }, /without credentials/],
    [{ issuer: 'https://a.example?x' }, /query/],
    [{ jwksUri: 'file:///etc/keys.json' }, /jwksUri/],
    [{ audience: undefined }, /audience/],
    [{ audience: '' }, /audience/],
    [{ audience: [] }, /audience/],
    [{ algorithms: [] }, /algorithms/],
    [{ algorithms: ['HS256'] }, /algorithms must be some of RS256/],
    [{ algorithms: ['none'] }, /algorithms/],
    [{ cacheSeconds: NaN }, /cacheSeconds/],
    [{ cooldownSeconds: 0 }, /cooldownSeconds/],
    [{ timeoutSeconds: -1 }, /timeoutSeconds/],
    [{ clockToleranceSeconds: -1 }, /clockToleranceSeconds/],
    [{ cacheSeconds: 10 }, /cacheSeconds must not be less/]
  ]
  for (const [change, message] of wrong) {
    const create = () => createVerifier({ ...right, ...change } as VerifierOptions) // wrong on purpose
    t.throws(create, { name: 'TypeError', message }, JSON.stringify(change))
  }
  t.doesNotThrow(() => createVerifier(right))
})

t.test('algorithms can be restricted', async t => {
  const { verify } = createVerifier({ issuer: issuer.url, audience: 'reports', algorithms: ['ES256'] })
  t.match(await failureOf(verify(await issuer.sign())), { code: 'invalid_token', reason: /alg/ })
})
