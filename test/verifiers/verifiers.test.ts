import t, { type Test } from 'tap'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'
import { forgedTokens, signedTokens, type TokenCase } from '../helpers/token-cases.ts'
import {
  type Check, checkWithExample, checkWithFlowgate, checkWithJose, goExample, nodeExample, pythonExample, type Scene
} from '../helpers/verifiers.ts'

const AUDIENCE = 'reports'
const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map(createSigningKey))
const [rs256, es256, eddsa] = keys
const issuer = await startIssuer(t, keys)
const attacker = await startIssuer(t, [await createSigningKey()])
const scene: Scene = { issuer: issuer.url, audience: AUDIENCE }

const cases: TokenCase[] = []
for (const key of keys) {
  const otherKey = key === es256 ? eddsa : es256
  const tokens = await signedTokens({ issuer: issuer.url, audience: AUDIENCE, key, otherKey })
  const published = issuer.keys.map(({ jwk }) => jwk)
  const forged = await forgedTokens(tokens[0].token, published, `${attacker.url}/.well-known/jwks.json`)
  cases.push(...[...tokens, ...forged].map(each => ({ ...each, name: `${key.alg}: ${each.name}` })))
}
/** For verifiers that start a process for each token. */
const ofRs256 = cases.filter(({ name }) => name.startsWith(rs256.alg))

async function checkAll (t: Test, check: Check, table: TokenCase[]) {
  for (const { name, token, isRight } of table) t.equal(await check(token) !== undefined, isRight, name)
  t.ok(table.filter(({ isRight }) => isRight).length >= 2, 'right tokens are in the table')
  t.equal(attacker.requests, 0, 'no verifier asks the address in a token for keys')
}

t.test('flowgate/verify accepts right tokens and refuses all others', t => checkAll(t, checkWithFlowgate(scene), cases))
t.test('jose accepts right tokens and refuses all others', t => checkAll(t, checkWithJose(scene), cases))
t.test('the Node.js example accepts right tokens and refuses all others', { timeout: 180_000 }, t =>
  checkAll(t, checkWithExample(nodeExample, scene), ofRs256))

/** Fails on CI if the tools of a language are missing. */
async function checkExample (t: Test, example: ReturnType<typeof pythonExample>) {
  if ('reason' in example) return t.fail(example.reason, process.env['CI'] ? {} : { skip: example.reason })
  return checkAll(t, checkWithExample(example, scene), ofRs256)
}

t.test('the Python example accepts right tokens and refuses all others', { timeout: 240_000 }, t =>
  checkExample(t, pythonExample()))
t.test('the Go example accepts right tokens and refuses all others', { timeout: 300_000 }, t =>
  checkExample(t, goExample(t)))
