import { createHmac } from 'node:crypto'
import t from 'tap'
import { createTokenSigner } from '../../src/crypto/jwt.ts'
import { generateSigningKey } from '../../src/crypto/signing-keys.ts'
import { buildApp } from '../helpers/app.ts'
import { countStatements } from '../helpers/database.ts'
import { decode, exchange, storedKey } from '../helpers/oauth.ts'

const ISSUER = 'https://auth.test/flowgate'
const asymmetric = ['RS256', 'RS512', 'ES256', 'EdDSA']
const env = (algorithm: string) => ({
  LANGFLOW_ALGORITHM: algorithm,
  LANGFLOW_PUBLIC_URL: ISSUER,
  LANGFLOW_IDENTITY_AUDIENCES: 'reports',
  LANGFLOW_IDENTITY_ALGORITHM: algorithm === 'RS512' ? 'RS256' : algorithm
})
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

t.test('access tokens follow RFC 9068', async t => {
  for (const algorithm of asymmetric) {
    const { app, as } = await buildApp(t, { env: env(algorithm) })
    const ada = await as('ada')
    const { header, claims } = decode(ada.tokens.access_token)
    const { kid } = await storedKey(app, algorithm)
    t.strictSame(header, { alg: algorithm, typ: 'at+jwt', kid })
    t.match(claims, {
      iss: ISSUER, aud: ISSUER, client_id: 'flowgate', sub: ada.user.id, type: 'access', jti: String, sid: String
    })
    t.equal(claims['exp'] - claims['iat'], 3600)
    t.strictSame(decode(ada.tokens.refresh_token).header, { alg: 'HS256', typ: 'JWT' }, 'only this server reads these')
    t.equal((await ada.get('/users/whoami')).statusCode, 200)
    t.equal((await ada.browser.get('/users/whoami')).statusCode, 200, 'as a cookie')
    await ada.post('/logout')
    t.equal((await ada.get('/users/whoami')).json().code, 'session_ended')
  }
})

t.test('only tokens that a stored key signed for this server are accepted', async t => {
  for (const algorithm of asymmetric) {
    const { app, as, admin } = await buildApp(t, { env: env(algorithm) })
    const [ada, boss] = [await as('ada'), await admin()]
    const key = await storedKey(app, algorithm)
    const foreign = await generateSigningKey(algorithm as 'RS256')
    const { claims } = decode(ada.tokens.access_token)
    const [head = '', body = '', signature = ''] = ada.tokens.access_token.split('.')
    const whoami = (token: string) =>
      app.inject({ url: '/api/v1/users/whoami', headers: { authorization: `Bearer ${token}` } })
    t.equal((await whoami(key.sign(claims))).statusCode, 200, 'the test signs as the server does')

    const hmac = (secret: string, header: object) => {
      const text = `${encode(header)}.${body}`
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
    }
    const now = Math.floor(Date.now() / 1000)
    const [jwk] = (await app.inject('/.well-known/jwks.json')).json().keys
    const identity = (await exchange(app, ada.tokens.access_token)).json().access_token
    const refused: Record<string, string> = {
      'alg none': `${encode({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${body}.`,
      'alg none with the signature': `${encode({ alg: 'none', typ: 'at+jwt', kid: key.kid })}.${body}.${signature}`,
      'HS256 with the public key': hmac(key.publicKey, { alg: 'HS256', typ: 'JWT' }),
      'HS256 with the public key and its kid': hmac(key.publicKey, { alg: 'HS256', typ: 'at+jwt', kid: key.kid }),
      'HS256 with the JWK': hmac(JSON.stringify(jwk), { alg: 'HS256', typ: 'at+jwt', kid: key.kid }),
      'the header of another algorithm':
        key.sign(claims, { alg: algorithm === 'RS256' ? 'RS512' : 'RS256' }),
      'a key of another server': `${head}.${body}.${
        createTokenSigner({ alg: algorithm as 'RS256', typ: 'at+jwt', kid: key.kid, key: foreign.privateKey })(claims)
          .split('.')[2]}`,
      'an unknown kid': key.sign(claims, { kid: foreign.kid }),
      'no kid': key.sign(claims, { kid: undefined }),
      'a path as kid': key.sign(claims, { kid: '../../../etc/passwd' }),
      jku: key.sign(claims, { jku: 'https://attacker.test/jwks.json' }),
      jwk: key.sign(claims, { jwk }),
      x5u: key.sign(claims, { x5u: 'https://attacker.test/cert.pem' }),
      crit: key.sign(claims, { crit: ['exp'] }),
      'b64 false': key.sign(claims, { b64: false }),
      'typ JWT': key.sign(claims, { typ: 'JWT' }),
      'an identity token': identity,
      'tampered claims': `${head}.${encode({ ...claims, sub: boss.user.id })}.${signature}`,
      'a tampered signature': `${head}.${body}.${(signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)}`,
      'no signature': `${head}.${body}.`,
      'a padded signature': `${ada.tokens.access_token}=`,
      'another audience': key.sign({ ...claims, aud: 'reports' }),
      'no audience': key.sign({ ...claims, aud: undefined }),
      'a list of audiences': key.sign({ ...claims, aud: [ISSUER, 'reports'] }),
      'another issuer': key.sign({ ...claims, iss: 'https://auth.test' }),
      'the issuer of HS256': key.sign({ ...claims, iss: 'flowgate' }),
      expired: key.sign({ ...claims, iat: now - 4000, exp: now - 1 }),
      'without expiry': key.sign({ ...claims, exp: undefined }),
      'valid for a year': key.sign({ ...claims, exp: now + 31_536_000 }),
      'from the future': key.sign({ ...claims, iat: now + 3000, exp: now + 6000 }),
      'another type': key.sign({ ...claims, type: 'refresh' }),
      'no type': key.sign({ ...claims, type: undefined }),
      'an unknown session': key.sign({ ...claims, sid: ada.user.id }),
      'the name of another account': key.sign({ ...claims, sub: boss.user.id })
    }
    for (const [name, token] of Object.entries(refused)) {
      const answer = await whoami(token)
      t.equal(answer.statusCode, 401, `${algorithm}, ${name}: ${answer.body}`)
      t.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"', `${algorithm}, ${name}`)
    }
  }
})

t.test('a made-up token costs no query', async t => {
  const { app } = await buildApp(t, { env: env('ES256') })
  const seen = countStatements(app.database)
  const tokens = [
    'x.y.z', `${encode('{"alg":"ES256","typ":"at+jwt","kid":"short"}')}.${encode({})}.AAAA`,
    `${encode('{"alg":"RS384","typ":"at+jwt","kid":"' + 'A'.repeat(43) + '"}')}.${encode({})}.AAAA`, 'x'.repeat(5000)
  ]
  for (const token of tokens) {
    const { statusCode } = await app.inject({
      url: '/api/v1/users/whoami', headers: { authorization: `Bearer ${token}` }
    })
    t.equal(statusCode, 401)
  }
  t.equal(seen.count, 0)
})

t.test('refresh, logout and a password change work with asymmetric access tokens', async t => {
  const { app, as, anonymous } = await buildApp(t, { env: env('RS256') })
  const ada = await as('ada')
  const cookies = { refresh_token_lf: ada.tokens.refresh_token }
  const refreshed = await anonymous.post('/refresh', undefined, { cookies })
  t.equal(decode(refreshed.json().access_token).header['alg'], 'RS256')
  t.equal((await app.inject({
    url: '/api/v1/session', headers: { authorization: `Bearer ${refreshed.json().access_token}` }
  })).json().authenticated, true)
  const changed = await ada.patch(`/users/${ada.user.id}/reset-password`, {
    current_password: 'a pass phrase for tests', password: 'another pass phrase'
  })
  t.equal(changed.statusCode, 200)
  const cookie = changed.cookies.find(({ name }) => name === 'access_token_lf')?.value ?? ''
  t.equal(decode(cookie).header['typ'], 'at+jwt')
  t.equal((await ada.get('/users/whoami')).statusCode, 401)
  t.equal((await anonymous.post('/logout', undefined, { headers: { authorization: `Bearer ${cookie}` } })).statusCode, 200)
  const after = await anonymous.get('/users/whoami', undefined, { headers: { authorization: `Bearer ${cookie}` } })
  t.equal(after.json().code, 'session_ended')
})
