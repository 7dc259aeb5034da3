import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { InvalidFernetToken, isIntactFernet, openFernet, sealFernet } from '../../src/crypto/fernet.ts'

type Vector = { token: string, now: string, secret: string, src: string, iv: number[], ttl_sec: number, desc: string }

/** The test vectors of the specification. */
const vectors = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))

const keyOf = ({ secret }: Vector) => Buffer.from(secret, 'base64url')
const key = Buffer.alloc(32, 7)
const otherKey = Buffer.alloc(32, 8)
const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })

t.test('tokens are generated as specified', async t => {
  for (const vector of vectors('generate')) {
    const options = { iv: Buffer.from(vector.iv), time: new Date(vector.now) }
    t.equal(sealFernet(keyOf(vector), vector.src, options), vector.token)
  }
})

t.test('tokens are verified as specified', async t => {
  for (const vector of vectors('verify')) {
    const options = { ttlSeconds: vector.ttl_sec, now: new Date(vector.now) }
    t.equal(openFernet(keyOf(vector), vector.token, options), vector.src)
  }
})

t.test('every invalid token of the specification is rejected with the same error', async t => {
  t.equal(vectors('invalid').length, 8)
  for (const vector of vectors('invalid')) {
    const options = { ttlSeconds: vector.ttl_sec, now: new Date(vector.now) }
    t.throws(() => openFernet(keyOf(vector), vector.token, options), new InvalidFernetToken(), vector.desc)
  }
})

t.test('a token can be decrypted with its key only', async t => {
  fc.assert(fc.property(texts, text => {
    const token = sealFernet(key, text)
    t.equal(openFernet(key, token), text)
    t.ok(isIntactFernet(key, token))
    t.notOk(isIntactFernet(otherKey, token))
    t.throws(() => openFernet(otherKey, token), new InvalidFernetToken())
  }), { numRuns: 50 })
})

t.test('a flipped bit or a truncated token is rejected, and detected without decrypting', async t => {
  const bytes = Buffer.from(sealFernet(key, 'a text of more than one block'), 'base64url')
  const encode = (changed: Buffer) => changed.toString('base64url').padEnd(Math.ceil(changed.length / 3) * 4, '=')
  t.equal(openFernet(key, encode(bytes)), 'a text of more than one block')
  let opened = 0
  for (let index = 0; index < bytes.length; index++) {
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(index) ^ (1 << index % 8), index)
    for (const token of [encode(flipped), encode(bytes.subarray(0, index))]) {
      if (isIntactFernet(key, token)) opened++
      try { openFernet(key, token); opened++ } catch (error) { if (!(error instanceof InvalidFernetToken)) throw error }
    }
  }
  t.equal(opened, 0)
})

t.test('a token has one spelling', async t => {
  const token = sealFernet(key, 'hello')
  for (const spelling of [` ${token}`, `${token}\n`, `${token}=`, token.replace(/=+$/, ''), token + 'AAAA', `${token}x`]) {
    if (spelling === token) continue
    t.throws(() => openFernet(key, spelling), new InvalidFernetToken(), JSON.stringify(spelling.slice(-6)))
  }
})

t.test('a text that the format cannot represent is rejected on encryption', async t => {
  t.throws(() => sealFernet(key, ''), { name: 'RangeError' })
  t.throws(() => sealFernet(key, 'a\ud800b'), { name: 'RangeError' })
  t.equal(openFernet(key, sealFernet(key, '\u0000\ufeff\u{1f511}')), '\u0000\ufeff\u{1f511}')
})
