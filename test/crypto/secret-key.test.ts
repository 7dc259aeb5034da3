import { hkdfSync, randomBytes } from 'node:crypto'
import t from 'tap'
import {
  DOCUMENTATION_SAMPLE_KEY, generateSecretKey, parseSecretKey, secretKeyProblem
} from '../../src/crypto/secret-key.ts'

const hkdf = (text: string | Buffer, info: string) => Buffer.from(hkdfSync('sha256', text, '', info, 32))

t.test('43 or 44 characters of base64 for 32 bytes are a Fernet key', async t => {
  const bytes = randomBytes(32)
  const text = bytes.toString('base64url')
  const [bare, padded] = [parseSecretKey(text), parseSecretKey(`${text}=`)]
  t.equal(text.length, 43)
  t.equal(bare.form, 'fernet')
  t.strictSame(bare.fernetKey, bytes)
  t.strictSame(padded, bare, 'padding makes no difference')
  t.strictSame(bare.jwtKey, hkdf(text, 'flowgate jwt hs256 v1'))
  t.not(bare.jwtKey.equals(bare.fernetKey), true, 'no key serves two purposes')
})

t.test('two spellings of the same 32 bytes are the same key', async t => {
  const bytes = Buffer.alloc(32, 1)
  const text = bytes.toString('base64url')
  const spelling = text.slice(0, -1) + 'F'
  t.not(spelling, text)
  t.strictSame(Buffer.from(spelling, 'base64url'), bytes)
  t.strictSame(parseSecretKey(spelling), parseSecretKey(text))
})

t.test('any other text with at least 32 characters is a passphrase', async t => {
  const texts = [DOCUMENTATION_SAMPLE_KEY, '33 characters of pass phrase here', 'x+/='.repeat(11), 'ä'.repeat(40)]
  for (const text of texts) {
    const key = parseSecretKey(text)
    t.equal(key.form, 'passphrase')
    t.strictSame(key.fernetKey, hkdf(text.replace(/=+$/, ''), 'flowgate fernet v1'))
    t.not(key.jwtKey.equals(key.fernetKey), true)
  }
})

t.test('a key ID distinguishes keys and contains none of their bytes', async t => {
  const keys = Array.from({ length: 200 }, () => parseSecretKey(generateSecretKey()))
  t.equal(new Set(keys.map(({ keyId }) => keyId)).size, 200)
  for (const { keyId, fernetKey, jwtKey } of keys) {
    t.match(keyId, /^[0-9a-f]{10}$/)
    t.notOk(fernetKey.toString('hex').includes(keyId) || jwtKey.toString('hex').includes(keyId))
  }
})

t.test('an invalid key is rejected with the reason, which does not contain it', async t => {
  const cases: Array<[string, RegExp]> = [
    ['only thirty-one characters here', /shorter than 32/],
    [' ' + generateSecretKey(), /white space/],
    [generateSecretKey() + '\n', /white space/],
    ['\ufeff' + generateSecretKey(), /byte order mark/],
    [`"${generateSecretKey()}"`, /quotes/],
    ['abc'.repeat(20), /three or fewer/],
    ['change-me-change-me-change-me-change-me', /placeholder/],
    ['\u0000' + generateSecretKey(), /control/]
  ]
  for (const [text, reason] of cases) {
    t.match(secretKeyProblem(text), reason)
    t.notOk(secretKeyProblem(text)?.includes(text.trim()))
  }
  t.equal(secretKeyProblem(generateSecretKey()), undefined)
  t.equal(secretKeyProblem(DOCUMENTATION_SAMPLE_KEY), undefined)
})
