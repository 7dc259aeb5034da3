import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { operator } from '../../src/services/access/principal.ts'
import { buildApp } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'
import { decode, exchange } from '../helpers/oauth.ts'

const ISSUER = 'https://auth.test'

/** The clocks of both replicas run so many times faster: ten minutes take ten seconds. */
const SPEED = 60
const TICK_MS = 20
const VERIFICATIONS_PER_SECOND = 1000

t.test('two rotations under load: a client that caches the JWKS for its whole max-age refuses no valid token', {
  timeout: 120_000
}, async t => {
  const database = await openLasting(t)
  const env = {
    LANGFLOW_PUBLIC_URL: ISSUER,
    LANGFLOW_ALGORITHM: 'ES256',
    LANGFLOW_IDENTITY_ALGORITHM: 'ES256',
    LANGFLOW_IDENTITY_AUDIENCES: 'reports'
  }
  const replicas = [await buildApp(t, { database, env }), await buildApp(t, { database, env })] as const
  const replicaOf = (turn: number) => replicas[turn % 2 === 0 ? 0 : 1]
  const now = () => replicas[0].clock.now()
  const begun = Date.now()
  const ticking = setInterval(() => {
    const due = (Date.now() - begun) / 1000 * (SPEED - 1)
    for (const { clock } of replicas) clock.advance(due - ticked)
    ticked = due
  }, TICK_MS)
  let ticked = 0
  t.teardown(() => clearInterval(ticking))

  let cached: { keys: ReturnType<typeof createLocalJWKSet>, until: number, kids: string[] } | undefined
  let fetches = 0
  /** A client that asks again only when the answer is `max-age` old, also when it does not know a kid. */
  async function keys () {
    if (cached && now().getTime() < cached.until) return cached.keys
    const { headers, body } = await replicaOf(fetches++).app.inject('/.well-known/jwks.json')
    const maxAge = Number(/max-age=(\d+)/.exec(String(headers['cache-control']))?.[1])
    const jwks: JSONWebKeySet = JSON.parse(body)
    cached = {
      keys: createLocalJWKSet(jwks), until: now().getTime() + maxAge * 1000, kids: jwks.keys.map(({ kid }) => kid ?? '')
    }
    return cached.keys
  }

  const tokens: Array<{ token: string, audience: string, exp: number }> = []
  const keep = (token: string, audience: string) => tokens.push({ token, audience, exp: decode(token).claims['exp'] })
  const signers = new Set<string>()
  let turn = 0
  async function issue () {
    const { app, login } = replicaOf(turn++)
    const access: string = (await login('ada', 'a pass phrase for tests')).json().access_token
    const identity: string = (await exchange(app, access)).json().access_token
    for (const token of [access, identity]) signers.add(decode(token).header['kid'] ?? '')
    keep(access, ISSUER)
    keep(identity, 'reports')
    if (tokens.length > 40) tokens.splice(0, tokens.length - 40)
  }

  let verified = 0
  const refused: string[] = []
  async function verifyOne () {
    const live = tokens.filter(({ exp }) => exp > now().getTime() / 1000 + 5)
    const chosen = live[Math.floor(Math.random() * live.length)]
    if (!chosen) return
    const { token, audience } = chosen
    try {
      await jwtVerify(token, await keys(), { issuer: ISSUER, audience, currentDate: now(), algorithms: ['ES256'] })
      verified++
    } catch (error) {
      refused.push(`${String(error)} kid ${decode(token).header['kid']}, cached ${cached?.kids.join()}`)
    }
  }

  await replicas[0].as('ada')
  await issue()
  const rotations = [0, 12]
  const started = Date.now()
  const elapsed = () => (Date.now() - started) / 1000
  let due = 0
  let issued = Date.now()
  while (elapsed() < 27) {
    if (rotations[0] !== undefined && elapsed() >= rotations[0]) {
      rotations.shift()
      const { created } = await replicaOf(rotations.length).app.services.signingKeys.rotate(operator)
      t.equal(created.length, 1)
    }
    if (Date.now() - issued > 250) {
      issued = Date.now()
      await issue()
    }
    due += VERIFICATIONS_PER_SECOND / 100
    while (due >= 1) {
      due--
      await verifyOne()
    }
    await sleep(Math.max(0, started + (verified + refused.length) / VERIFICATIONS_PER_SECOND * 1000 - Date.now()))
  }
  t.comment(`${verified} verifications in ${elapsed().toFixed(0)} s, ${fetches} JWKS fetches, ${signers.size} keys signed`)
  t.equal(signers.size, 3, 'the first key and those of both rotations')
  t.ok(verified > 15_000, `${verified} verifications`)
  t.ok(fetches <= 7, `${fetches} fetches`)
  t.strictSame(refused.slice(0, 3), [], `${refused.length} false refusals`)
})
