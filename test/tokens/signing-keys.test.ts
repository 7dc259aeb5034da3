import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { calculateJwkThumbprint } from 'jose'
import t, { type Test } from 'tap'
import type { Database } from '../../src/db.ts'
import { operator } from '../../src/services/access/principal.ts'
import { PUBLISHED_AFTER_SECONDS, PUBLISHED_AHEAD_SECONDS } from '../../src/services/tokens/key-times.ts'
import { buildApp, PASSWORD, TEST_KEY } from '../helpers/app.ts'
import { countStatements, openLasting } from '../helpers/database.ts'
import { decode, exchange, storedKey } from '../helpers/oauth.ts'

const ISSUER = { LANGFLOW_PUBLIC_URL: 'https://auth.test' }
const AUDIENCE = { LANGFLOW_IDENTITY_AUDIENCES: 'reports' }
const other = 'ANOTHER-TEST-KEY-'.repeat(3)

const start = (t: Test, database: Database, env: Record<string, string> = {}) =>
  buildApp(t, { database, env: { ...ISSUER, ...env } })

type Built = Awaited<ReturnType<typeof buildApp>>

const jwksOf = async ({ app }: Built) => (await app.inject('/.well-known/jwks.json')).json().keys
const kidsOf = async (built: Built) => (await jwksOf(built)).map(({ kid }: { kid: string }) => kid)
const algorithmOf = (token: string) => decode(token).header['alg']

const pemOf = (type: 'rsa' | 'ec' | 'ed25519') => {
  const options = { modulusLength: 2048, namedCurve: 'P-256' }
  const { privateKey, publicKey } = generateKeyPairSync(type as 'rsa', options)
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }
}

t.test('without settings there is no key, and the JWKS is empty', async t => {
  const built = await buildApp(t)
  t.strictSame(await jwksOf(built), [])
  t.equal(await built.db.signingKey.count(), 0)
  const ada = await built.as('ada')
  t.strictSame(decode(ada.tokens.access_token).header, { alg: 'HS256', typ: 'JWT' })
})

t.test('the JWKS has the public part of each key, with its thumbprint as kid', async t => {
  for (const algorithm of ['RS256', 'RS512', 'ES256', 'EdDSA']) {
    const built = await buildApp(t, { env: { ...ISSUER, LANGFLOW_ALGORITHM: algorithm } })
    const [jwk, ...others] = await jwksOf(built)
    t.strictSame(others, [])
    t.match(jwk, { alg: algorithm, use: 'sig' })
    t.equal(jwk.kid, await calculateJwkThumbprint(jwk), `${algorithm}: RFC 7638`)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.notOk(member in jwk, `${algorithm} without ${member}`)
    t.equal(decode((await built.as('ada')).tokens.access_token).header['kid'], jwk.kid)
  }
})

t.test('the private part is stored encrypted, and a rotation of secrets moves it', async t => {
  const database = await openLasting(t)
  const before = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const { kid, privateKey, pem } = await storedKey(before.app, 'ES256')
  t.match(privateKey, /^fg1:[0-9a-f]{10}:/)
  t.notMatch(privateKey, /PRIVATE/)
  t.match(pem, /^-----BEGIN PRIVATE KEY-----/)
  const ada = await before.as('ada')
  await before.app.close()

  const env = { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_SECRET_KEY: other, LANGFLOW_SECRET_KEY_PREVIOUS: TEST_KEY }
  const rotating = await start(t, database, env)
  t.equal((await rotating.app.services.rotation.rotate()).rotated, 1)
  await rotating.app.close()

  const after = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_SECRET_KEY: other })
  const moved = await storedKey(after.app, 'ES256')
  t.equal(moved.kid, kid, 'the same key')
  t.equal(moved.pem, pem)
  t.not(moved.privateKey, privateKey)
  const { statusCode } = await after.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })
  t.equal(statusCode, 200, 'its tokens are valid')
})

t.test('a lost secret key makes the next start create another signing key', async t => {
  const database = await openLasting(t)
  const before = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const [lost] = await kidsOf(before)
  await before.app.close()
  const env = { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_SECRET_KEY: other, LANGFLOW_SECRET_KEY_PREVIOUS: TEST_KEY }
  const between = await start(t, database, env)
  await between.app.services.keyring.forget((await between.db.secretKey.findFirstOrThrow({
    where: { keyId: { not: between.app.crypto.box.keyId } }
  })).keyId, { isLost: true })
  await between.app.close()
  const after = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_SECRET_KEY: other })
  const [kid, ...older] = await kidsOf(after)
  t.not(kid, lost)
  t.strictSame(older, [lost], 'the old one still verifies its tokens')
  t.equal(decode((await after.as('ada')).tokens.access_token).header['kid'], kid)
})

t.test('access tokens issued before a change of the algorithm stay valid until they expire', async t => {
  const database = await openLasting(t)
  const tokens: Array<[string, Record<string, string>]> = []
  for (const algorithm of ['HS256', 'RS256', 'ES256', 'HS256', 'EdDSA', 'RS512']) {
    const built = await start(t, database, { LANGFLOW_ALGORITHM: algorithm })
    // The key of another algorithm signs while verifiers do not know the new one.
    built.clock.advance(PUBLISHED_AHEAD_SECONDS)
    const { tokens: { access_token: token }, bearer } = await built.as('ada')
    t.equal(algorithmOf(token), algorithm)
    tokens.push([algorithm, bearer])
    for (const [name, headers] of tokens) {
      const { statusCode, body } = await built.app.inject({ url: '/api/v1/users/whoami', headers })
      t.equal(statusCode, 200, `a token with ${name}, while the setting is ${algorithm}: ${body}`)
    }
    built.clock.advance(4000)
    const { statusCode, body } = await built.app.inject({ url: '/api/v1/users/whoami', headers: bearer })
    t.equal(statusCode, 401, body)
    await built.app.close()
  }
})

t.test('while verifiers do not know the key of another algorithm, the older key signs', async t => {
  const database = await openLasting(t)
  const before = await start(t, database, { LANGFLOW_ALGORITHM: 'RS256' })
  const [old] = await kidsOf(before)
  await before.app.close()
  const after = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const ada = await after.as('ada')
  t.equal(decode(ada.tokens.access_token).header['kid'], old)
  t.equal((await kidsOf(after)).length, 2, 'both are published')
  after.clock.advance(PUBLISHED_AHEAD_SECONDS)
  t.equal(algorithmOf((await ada.signInAgain()).json().access_token), 'ES256')
  await after.app.services.signingKeys.rotate(operator) // ends keys that the settings do not require
  after.clock.advance(PUBLISHED_AHEAD_SECONDS + PUBLISHED_AFTER_SECONDS - 60)
  await sleep(1100)
  t.ok((await kidsOf(after)).includes(old), 'published while a token of it may be valid')
  after.clock.advance(60)
  await sleep(1100)
  t.notOk((await kidsOf(after)).includes(old))
})

t.test('LANGFLOW_PRIVATE_KEY signs, is not stored, and can be replaced', async t => {
  const database = await openLasting(t)
  const [first, second] = [pemOf('rsa'), pemOf('rsa')]
  const env = (pem: string, algorithm = 'RS256') => ({ LANGFLOW_ALGORITHM: algorithm, LANGFLOW_PRIVATE_KEY: pem })
  const before = await start(t, database, { ...env(first.privateKey), LANGFLOW_PUBLIC_KEY: first.publicKey })
  const [jwk] = await jwksOf(before)
  const ada = await before.as('ada')
  t.equal(decode(ada.tokens.access_token).header['kid'], jwk.kid)
  t.equal((await before.db.signingKey.findFirstOrThrow()).privateKey, null)
  await before.app.close()

  const after = await start(t, database, env(second.privateKey.replaceAll('\n', '\\n')))
  const again = await after.login('ada', PASSWORD)
  t.not(decode(again.json().access_token).header['kid'], jwk.kid, 'the new key signs at once')
  t.ok((await kidsOf(after)).includes(jwk.kid), 'the old one is published')
  const { statusCode } = await after.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })
  t.equal(statusCode, 200, 'and verifies')
  t.match(await after.app.services.signingKeys.rotate(operator), { created: [], withdrawn: [] })
  await after.app.close()

  const back = await start(t, database, env(first.privateKey))
  t.equal(decode((await back.login('ada', PASSWORD)).json().access_token).header['kid'], jwk.kid)
  await back.app.close()

  const longer = await start(t, database, env(first.privateKey, 'RS512'))
  t.equal(algorithmOf((await longer.login('ada', PASSWORD)).json().access_token), 'RS512')
  t.equal((await longer.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })).statusCode, 200)
  await longer.app.close()

  const without = await start(t, database, { LANGFLOW_ALGORITHM: 'RS256' })
  const token = (await without.login('ada', PASSWORD)).json().access_token
  t.notOk([jwk.kid].includes(decode(token).header['kid'] ?? ''), 'a generated key replaces it')
  t.equal((await without.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })).statusCode, 200)
})

t.test('replicas that start at the same time create one key', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE }
  const replicas = await Promise.all([1, 2, 3, 4].map(() => start(t, database, env)))
  const sets = await Promise.all(replicas.map(kidsOf))
  t.equal(sets[0].length, 2, 'ES256 for access tokens, RS256 for identity tokens')
  for (const set of sets) t.strictSame(set, sets[0])
  const events = replicas.flatMap(({ logs }) => logs.filter(line => line.includes('"event":"signing_key_created"')))
  t.equal(events.length, 2)
})

t.test('a key is replaced after LANGFLOW_SIGNING_KEY_DAYS, by one replica', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_SIGNING_KEY_DAYS: '2' }
  const replicas = await Promise.all([1, 2].map(() => start(t, database, env)))
  const [first] = replicas
  const [old] = await kidsOf(first as Built)
  const advance = (seconds: number) => { for (const { clock } of replicas) clock.advance(seconds) }
  const both = () => Promise.all(replicas.map(kidsOf))
  advance(2 * 86_400 - PUBLISHED_AHEAD_SECONDS - 5)
  await sleep(1100)
  t.strictSame(await both(), [[old], [old]])
  advance(6)
  await sleep(1100)
  await both() // the first read after the moment starts the rotation
  await sleep(1500)
  const [one, two] = await both()
  t.equal(one.length, 2)
  t.strictSame(one, two, 'replicas agree')
  t.equal(await database.client.signingKey.count(), 2)
  const ada = await (first as Built).as('ada')
  t.equal(decode(ada.tokens.access_token).header['kid'], old, 'the new key is not used yet')
  advance(PUBLISHED_AHEAD_SECONDS)
  for (const { login } of replicas) {
    const { access_token: token } = (await login('ada', PASSWORD)).json()
    t.equal(decode(token).header['kid'], one.find((kid: string) => kid !== old))
  }
  const [line] = replicas.flatMap(({ logs }) => logs.filter(text => text.includes('"reason":"age"')))
  t.match(JSON.parse(line ?? '{}'), { event: 'signing_key_created', level: 30, algorithm: 'ES256' })
})

t.test('a withdrawn key verifies nothing within a second, on every replica', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE }
  const [here, there] = [await start(t, database, env), await start(t, database, env)]
  const ada = await here.as('ada')
  const identity = (await exchange(here.app, ada.tokens.access_token)).json().access_token
  const old = await kidsOf(here)
  const { created, withdrawn } = await here.app.services.signingKeys.rotate(operator, { withdraw: true })
  t.strictSame([...withdrawn].sort(), [...old].sort())
  t.strictSame(created.map(({ state }) => state), ['active', 'active'])
  await sleep(1100)
  for (const built of [here, there]) {
    const refused = await built.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })
    t.match([refused.statusCode, refused.json()], [401, { code: 'invalid_token' }])
    const kids = await kidsOf(built)
    t.strictSame(kids.filter((kid: string) => old.includes(kid)), [])
    t.equal(kids.length, 2)
  }
  const refreshed = await there.anonymous.post('/refresh', undefined, {
    cookies: { refresh_token_lf: ada.tokens.refresh_token }
  })
  t.equal(refreshed.statusCode, 200, 'the person stays signed in')
  const again = await here.login('ada', PASSWORD)
  const fresh = await exchange(here.app, again.json().access_token)
  t.ok(!old.includes(decode(fresh.json().access_token).header['kid'] ?? ''), 'no kept identity token of the old key')
  t.not(fresh.json().access_token, identity)
  t.match(here.logs.map(line => JSON.parse(line)).filter(({ event }) => event === 'signing_keys_withdrawn'),
    [{ via: 'command', kids: withdrawn }])
})

t.test('a key that cannot be replaced is logged once a minute and goes on signing', async t => {
  const database = await openLasting(t)
  const { db, clock, as, logs, ...built } = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const ada = await as('ada')
  await db.$executeRawUnsafe('ALTER TABLE signing_keys ADD CONSTRAINT no_more CHECK (false) NOT VALID')
  clock.advance(91 * 86_400)
  for (let n = 0; n < 3; n++) {
    await sleep(1100)
    t.equal((await built.app.inject('/.well-known/jwks.json')).json().keys.length, 1)
  }
  t.equal(logs.filter(line => line.includes('failed to replace a signing key')).length, 1)
  t.equal(decode((await built.login('ada', PASSWORD)).json().access_token).header['kid'],
    decode(ada.tokens.access_token).header['kid'])
})

t.test('a token that is in use while its key is withdrawn is refused within a second, too', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_ALGORITHM: 'ES256' }
  const [here, there] = [await start(t, database, env), await start(t, database, env)]
  const ada = await here.as('ada')
  const statusThere = async () =>
    (await there.app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })).statusCode
  await kidsOf(there) // reads the keys
  await here.app.services.signingKeys.rotate(operator, { withdraw: true })
  const withdrawn = performance.now()
  await sleep(800)
  t.equal(await statusThere(), 200, 'the keys are not read again yet')
  await sleep(withdrawn + 1050 - performance.now())
  t.equal(await statusThere(), 401, 'the account that was found last is not remembered for longer')
})

t.test('keys that were read before a change, and arrive after it, are not used', async t => {
  const database = await openLasting(t)
  const { run } = database
  let held: Promise<void> | undefined
  database.run = async (statement, values) => {
    const rows = await run(statement, values)
    if (statement.name === 'flowgate_read_signing_keys') await held
    return rows as never
  }
  const built = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const [old] = await kidsOf(built)
  await sleep(1100)
  let release = () => {}
  held = new Promise(resolve => { release = resolve })
  const reading = kidsOf(built)
  await sleep(50)
  held = undefined
  await built.app.services.signingKeys.rotate(operator, { withdraw: true })
  release()
  await reading
  t.notOk((await kidsOf(built)).includes(old))
})

t.test('the keys of a process cost one query a second at most', async t => {
  const database = await openLasting(t)
  const built = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const seen = countStatements(built.app.database)
  for (let n = 0; n < 200; n++) await built.app.inject('/.well-known/jwks.json')
  t.ok(seen.count <= 3, `${seen.count} queries for 200 requests`)
})

t.test('no private key is in the log or in a response', async t => {
  const own = pemOf('rsa')
  const database = await openLasting(t)
  const built = await start(t, database, {
    LANGFLOW_ALGORITHM: 'RS256',
    LANGFLOW_PRIVATE_KEY: own.privateKey,
    LANGFLOW_IDENTITY_ALGORITHM: 'ES256',
    ...AUDIENCE
  })
  const { pem } = await storedKey(built.app, 'ES256')
  const boss = await built.admin()
  const texts = [...built.logs]
  const addresses = ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/openapi.json', '/api/v1/config']
  for (const url of addresses) {
    texts.push((await built.app.inject({ url, headers: boss.bearer })).body)
  }
  texts.push(JSON.stringify(await built.app.services.signingKeys.list()))
  for (const secret of [own.privateKey, pem]) {
    const [, line = ''] = secret.split('\n')
    t.ok(line.length > 40)
    t.notOk(texts.some(text => text.includes(line)))
  }
})

t.test('replicas accept each other\'s access tokens during a change of the algorithm', async t => {
  const database = await openLasting(t)
  const replicas = [
    await start(t, database), await start(t, database, { LANGFLOW_ALGORITHM: 'RS256' }),
    await start(t, database, { LANGFLOW_ALGORITHM: 'EdDSA' })
  ]
  for (const { as } of replicas) {
    const { bearer, tokens } = await as('ada')
    for (const { app } of replicas) {
      const { statusCode, body } = await app.inject({ url: '/api/v1/users/whoami', headers: bearer })
      t.equal(statusCode, 200, `${algorithmOf(tokens.access_token)}: ${body}`)
    }
  }
})
