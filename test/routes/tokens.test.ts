import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { decodeJwt, forgeJwt, signingKey } from '../helpers/jwt.ts'

t.test('only unmodified, unexpired tokens of this server are accepted', async t => {
  const { as, anonymous, admin } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  const claims = decodeJwt(ada.tokens.access_token)
  const whoami = (token: string, scheme = 'Bearer') =>
    anonymous.get('/users/whoami', undefined, { headers: { authorization: `${scheme} ${token}` } })
  t.equal((await whoami(forgeJwt(claims))).statusCode, 200, 'the tests sign tokens as the service does')
  t.equal((await whoami(forgeJwt(claims), 'bEaReR')).statusCode, 200, 'the scheme is case-insensitive')

  const now = Math.floor(Date.now() / 1000)
  const [head = '', body = '', signature = ''] = ada.tokens.access_token.split('.')
  const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.slice(-1))
  const respelled = signature.slice(0, -1) + alphabet[last ^ 1]
  t.same(Buffer.from(respelled, 'base64url'), Buffer.from(signature, 'base64url'))
  const refused: Record<string, string> = {
    'the signature in another spelling': `${head}.${body}.${respelled}`,
    'the signature with padding': `${head}.${body}.${signature}=`,
    empty: '', word: 'x', 'two parts': `${head}.${body}`, 'four parts': `${head}.${body}.${signature}.x`,
    'another signature': `${head}.${body}.${flipped}`, 'no signature': `${head}.${body}.`,
    'another key': forgeJwt(claims, { key: Buffer.alloc(32, 1) }),
    'an empty key': forgeJwt(claims, { key: Buffer.alloc(0) }),
    none: `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`,
    None: forgeJwt(claims, { header: { alg: 'None' } }),
    HS512: forgeJwt(claims, { header: { alg: 'HS512' }, hash: 'sha512' }),
    HS384: forgeJwt(claims, { header: { alg: 'HS384' }, hash: 'sha384' }),
    RS256: forgeJwt(claims, { header: { alg: 'RS256' } }),
    kid: forgeJwt(claims, { header: { kid: '../../dev/null' } }),
    jku: forgeJwt(claims, { header: { jku: 'http://127.0.0.1' } }),
    crit: forgeJwt(claims, { header: { crit: ['exp'] } }), zip: forgeJwt(claims, { header: { zip: 'DEF' } }),
    b64: forgeJwt(claims, { header: { b64: false } }), jwk: forgeJwt(claims, { header: { jwk: {} } }),
    'no exp': forgeJwt({ ...claims, exp: undefined }), 'exp a text': forgeJwt({ ...claims, exp: String(claims.exp) }),
    'exp far away': forgeJwt({ ...claims, exp: now + 1e9 }),
    expired: forgeJwt({ ...claims, iat: now - 4000, exp: now - 10 }),
    'from the future': forgeJwt({ ...claims, iat: now + 3000, exp: now + 6000 }),
    'not yet': forgeJwt({ ...claims, nbf: now + 3000 }),
    'no type': forgeJwt({ ...claims, type: undefined }), 'odd type': forgeJwt({ ...claims, type: 'ACCESS' }),
    'a refresh token': ada.tokens.refresh_token, 'another issuer': forgeJwt({ ...claims, iss: 'langflow' }),
    'no session': forgeJwt({ ...claims, sid: undefined }),
    'an unknown session': forgeJwt({ ...claims, sid: '00000000-0000-4000-8000-000000000000' }),
    'the name of another user': forgeJwt({ ...claims, sub: boss.user.id }),
    huge: 'x'.repeat(12_000), 'a key of the API': `sk-${'a'.repeat(43)}`
  }
  for (const sub of [null, [], {}, 1, '', "' OR 1=1 --", { equals: boss.user.id }]) {
    refused[`sub ${JSON.stringify(sub)}`] = forgeJwt({ ...claims, sub })
  }
  for (const [name, token] of Object.entries(refused)) {
    const response = await whoami(token)
    t.equal(response.statusCode, 401, name)
    t.match(response.headers['www-authenticate'], /^Bearer error="invalid_token"$/, name)
    t.match(response.json(), { detail: String, code: String, request_id: String }, name)
  }
  t.match((await whoami(refused.expired ?? '')).json(), { detail: 'Token has expired' })
  t.match((await whoami(ada.tokens.refresh_token)).json(), { detail: 'Invalid token type' })
  const promoted = await whoami(forgeJwt({ ...claims, is_superuser: true }))
  t.match(promoted.json(), { is_superuser: false }, 'claims do not grant roles')
  t.equal(signingKey.length, 32)
})

t.test('the first credential that is present decides', async t => {
  const { as, anonymous } = await buildApp(t)
  const ada = await as('ada')
  const cookies = { access_token_lf: ada.tokens.access_token }
  const status = async (options: object) =>
    (await anonymous.get('/users/whoami', undefined, options)).statusCode
  t.equal(await status({ cookies }), 200)
  t.equal(await status({ cookies, headers: { authorization: 'Bearer bad' } }), 401, 'a valid cookie does not help')
  t.equal(await status({ cookies: { access_token_lf: 'bad' }, headers: ada.bearer }), 200, 'the cookie is ignored')
  t.equal(await status({ cookies: { access_token_lf: 'bad' } }), 401)
  t.equal(await status({ cookies, headers: { authorization: 'Basic eDp5' } }), 200, 'other schemes are ignored')
  t.equal(await status({ headers: { authorization: 'Basic eDp5' } }), 403)
  const signedOut = await anonymous.get('/users/whoami')
  t.equal(signedOut.statusCode, 403)
  t.match(signedOut.json(), { detail: 'No authentication credentials provided', code: 'missing_credentials' })
  t.notOk(signedOut.headers['www-authenticate'])
})

t.test('tokens expire', async t => {
  const { as, clock } = await buildApp(t)
  const ada = await as('ada')
  clock.advance(3599)
  t.equal((await ada.get('/users/whoami')).statusCode, 200)
  clock.advance(2)
  t.match((await ada.get('/users/whoami')).json(), { code: 'expired_token' })
})
