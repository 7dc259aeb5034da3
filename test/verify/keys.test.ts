import t, { type Test } from 'tap'
import { createVerifier, VerificationError, type VerifierOptions } from '../../src/verify/index.ts'
import { createClock } from '../helpers/clock.ts'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'

const [first, second, attacker] = await Promise.all(['RS256', 'ES256', 'RS256'].map(createSigningKey))

async function scene (t: Test, options: Partial<VerifierOptions> = {}) {
  const issuer = await startIssuer(t, [first])
  const clock = createClock()
  const verifier = createVerifier({
    issuer: issuer.url, audience: 'reports', now: () => clock.now().getTime(), ...options
  })
  /** A token that is valid at the time of the clock. */
  const sign = (key = first) => {
    const iat = Math.floor(clock.now().getTime() / 1000)
    return issuer.sign({ key, claims: { iat, exp: iat + 300 } })
  }
  /** The code of the failure, `ok` without one. */
  const outcome = async (token: string | Promise<string>) => {
    try {
      await verifier.verify(await token)
      return 'ok'
    } catch (error) {
      if (error instanceof VerificationError) return error.code
      throw error
    }
  }
  return { issuer, clock, verifier, sign, outcome }
}

t.test('1,000 concurrent tokens with unknown keys cause at most one request in each cool-down', async t => {
  const { issuer, clock, sign, outcome } = await scene(t)
  t.equal(await outcome(sign()), 'ok')
  t.equal(issuer.requests, 1)
  const forged = await Promise.all(Array.from({ length: 1000 }, (_, n) =>
    issuer.sign({ key: { ...attacker, kid: `unknown-${n}` } })))
  const all = async () => [...new Set(await Promise.all(forged.map(outcome)))]
  t.strictSame(await all(), ['invalid_token'])
  t.equal(issuer.requests, 1, 'the cool-down starts with the first download')
  clock.advance(31)
  t.strictSame(await all(), ['invalid_token'])
  t.equal(issuer.requests, 2)
  t.strictSame(await all(), ['invalid_token'])
  t.equal(issuer.requests, 2)
})

t.test('while the server is down, there is one request per cool-down; failures are 503 with Retry-After', async t => {
  const { issuer, clock, sign, verifier, outcome } = await scene(t)
  issuer.respond = response => { response.writeHead(500).end() }
  const all = async () => [...new Set(await Promise.all(Array.from({ length: 200 }, () => outcome(sign()))))]
  t.strictSame(await all(), ['unavailable'])
  t.equal(issuer.requests, 1)
  clock.advance(10)
  t.strictSame(await all(), ['unavailable'])
  t.equal(issuer.requests, 1, 'a failed request starts the cool-down, too')
  await t.rejects(verifier.verify(await sign()), {
    status: 503, statusCode: 503, headers: { 'retry-after': '20' }, message: /keys that verify tokens are not available/
  })
  clock.advance(21)
  t.strictSame(await all(), ['unavailable'])
  t.equal(issuer.requests, 2)
})

t.test('known keys are used for the cache time while the server is down, and again when it is up', async t => {
  const { issuer, clock, sign, outcome } = await scene(t)
  t.equal(await outcome(sign()), 'ok')
  await issuer.stop()
  clock.advance(599)
  t.equal(await outcome(sign()), 'ok')
  t.equal(await outcome(sign(second)), 'unavailable', 'a new key may exist')
  clock.advance(2)
  t.equal(await outcome(sign()), 'unavailable', 'the cache time has passed')
  await issuer.restart()
  t.equal(await outcome(sign()), 'unavailable', 'the cool-down has not passed')
  clock.advance(31)
  t.equal(await outcome(sign()), 'ok')
})

t.test('from half of the cache time on, keys are renewed without a waiting request', { timeout: 10_000 }, async t => {
  const { issuer, clock, sign, outcome } = await scene(t, { timeoutSeconds: 60 })
  t.equal(await outcome(sign()), 'ok')
  clock.advance(299)
  t.equal(await outcome(sign()), 'ok')
  t.equal(issuer.requests, 1)
  clock.advance(2)
  let answer = () => {}
  const asked = new Promise<void>(resolve => {
    const { respond } = issuer
    issuer.respond = response => { answer = () => respond(response); resolve() }
  })
  t.equal(await outcome(sign()), 'ok', 'before the answer')
  await asked
  answer()
  t.equal(issuer.requests, 2)
})

t.test('a rotated key is used at once, and a withdrawn key until the keys are renewed', async t => {
  const { issuer, clock, sign, outcome } = await scene(t)
  t.equal(await outcome(sign()), 'ok')
  clock.advance(31)
  issuer.keys = [second]
  t.equal(await outcome(sign()), 'ok', 'the withdrawn key is in the cache')
  t.equal(await outcome(sign(second)), 'ok', 'the unknown key is downloaded')
  t.equal(await outcome(sign()), 'invalid_token')
  t.equal(issuer.requests, 2)
})

t.test('a slow server is given up after the time limit', async t => {
  const { issuer, outcome, sign } = await scene(t, { timeoutSeconds: 0.2 })
  issuer.respond = response => { response.write('{"keys":') }
  t.strictSame(await Promise.all([outcome(sign()), outcome(sign())]), ['unavailable', 'unavailable'])
  t.equal(issuer.requests, 1)
  const deaf = await scene(t, { timeoutSeconds: 0.2, fetch: () => new Promise(() => {}) })
  t.equal(await deaf.outcome(deaf.sign()), 'unavailable', 'also if fetch ignores its signal')
})

t.test('answers that are not a key set are refused', async t => {
  const { n, ...withoutModulus } = first.jwk
  const answers: Record<string, string | Buffer> = {
    'an answer of 5 MB': `{"keys":[${JSON.stringify(first.jwk)}],"padding":"${'x'.repeat(5_000_000)}"}`,
    'an HTML page': '<html>sign in</html>',
    'bytes that are not UTF-8': Buffer.from([0x7b, 0xff, 0xfe]),
    'an empty answer': '',
    null: 'null',
    'no keys': '{"keys":[]}',
    'keys that are no list': '{"keys":{"0":{}}}',
    'entries that are no keys': '{"keys":[null,1,"x",[]]}',
    'a key without modulus': JSON.stringify({ keys: [withoutModulus] }),
    'a key that is too short': JSON.stringify({ keys: [{ ...first.jwk, n: n?.slice(0, 171) }] }),
    'a symmetric key': JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: first.kid, alg: 'HS256' }] }),
    'a private key': JSON.stringify({ keys: [{ ...first.jwk, d: 'AQAB' }] })
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { issuer, outcome, sign } = await scene(t)
    issuer.respond = response => { response.end(answer) }
    t.equal(await outcome(sign()), 'unavailable', name)
    t.equal(await outcome(sign()), 'unavailable', name)
    t.equal(issuer.requests, 1, name)
  }
  const { issuer, outcome, sign } = await scene(t)
  const other = await startIssuer(t, [first])
  issuer.respond = response => { response.writeHead(302, { location: `${other.url}/.well-known/jwks.json` }).end() }
  t.equal(await outcome(sign()), 'unavailable', 'a redirect')
  t.equal(other.requests, 0)
})

t.test('an answer that is not a key set does not replace known keys', async t => {
  const { issuer, clock, outcome, sign } = await scene(t)
  t.equal(await outcome(sign()), 'ok')
  issuer.respond = response => { response.end('{"keys":[]}') }
  clock.advance(301)
  t.equal(await outcome(sign(second)), 'unavailable')
  t.equal(issuer.requests, 2)
  t.equal(await outcome(sign()), 'ok')
})
