import t from 'tap'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'
import { forgedTokens, signedTokens, type TokenCase } from '../helpers/token-cases.ts'
import {
  checkAll, checkAllWithExample, checkWithFlowgate, checkWithJose, goExample, nodeExample, pythonExample
} from '../helpers/verifiers.ts'

const AUDIENCE = 'reports'
const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map(createSigningKey))
const [rs256, es256, eddsa] = keys
const issuer = await startIssuer(t, keys)
const attacker = await startIssuer(t, [await createSigningKey()])
const scene = { issuer: issuer.url, audience: AUDIENCE }

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

t.test('flowgate/verify accepts right tokens and refuses all others', t =>
  checkAll(t, checkWithFlowgate(scene), cases))
t.test('jose accepts right tokens and refuses all others', t => checkAll(t, checkWithJose(scene), cases))
t.test('the Node.js example accepts right tokens and refuses all others', { timeout: 180_000 }, t =>
  checkAllWithExample(t, nodeExample, scene, ofRs256))
t.test('the Python example accepts right tokens and refuses all others', { timeout: 240_000 }, t =>
  checkAllWithExample(t, pythonExample(), scene, ofRs256))
t.test('the Go example accepts right tokens and refuses all others', { timeout: 300_000 }, t =>
  checkAllWithExample(t, goExample(t), scene, ofRs256))
t.test('no verifier asks the address in a token for keys', async t => t.equal(attacker.requests, 0))
