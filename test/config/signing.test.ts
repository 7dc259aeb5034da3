import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../helpers/cli.ts'
import { load, problemsOf } from '../helpers/config.ts'

type Kind = 'rsa' | 'weak' | 'ec' | 'curve' | 'ed25519'

const made = new Map<Kind, { pkcs8: string, traditional: string, spki: string, encrypted: string }>()

function pemOf (kind: Kind) {
  const known = made.get(kind)
  if (known) return known
  const { privateKey, publicKey } = kind === 'ec' || kind === 'curve'
    ? generateKeyPairSync('ec', { namedCurve: kind === 'ec' ? 'P-256' : 'P-384' })
    : kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: kind === 'weak' ? 1024 : 2048 })
  const type = kind === 'ed25519' ? 'pkcs8' : kind === 'ec' || kind === 'curve' ? 'sec1' : 'pkcs1'
  const pem = {
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    traditional: privateKey.export({ type: type as 'pkcs8', format: 'pem' }).toString(),
    spki: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    encrypted: privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()
  }
  made.set(kind, pem)
  return pem
}

t.test('LANGFLOW_ALGORITHM accepts its names in any case, and names them when it does not', async t => {
  for (const name of ['HS256', 'RS256', 'RS512', 'ES256', 'EdDSA']) {
    for (const text of [name, name.toLowerCase(), name.toUpperCase(), ` ${name} `]) {
      t.equal(load({ LANGFLOW_ALGORITHM: text }).algorithm, name)
    }
  }
  for (const text of ['none', 'HS512', 'HS384', 'PS256', 'RS384', 'ES384', 'RS', '256', 'RS256,ES256']) {
    t.match(problemsOf({ LANGFLOW_ALGORITHM: text }),
      [{ subject: /LANGFLOW_ALGORITHM/, problem: 'must be one of HS256, RS256, RS512, ES256, EdDSA' }], text)
  }
  t.match(problemsOf({ LANGFLOW_IDENTITY_ALGORITHM: 'HS256' }), [{ problem: 'must be one of RS256, ES256, EdDSA' }])
})

t.test('a private key must fit the algorithm', async t => {
  const fitting: Record<string, Kind> = { RS256: 'rsa', RS512: 'rsa', ES256: 'ec', EdDSA: 'ed25519' }
  const kinds: Kind[] = ['rsa', 'weak', 'ec', 'curve', 'ed25519']
  for (const [algorithm, fit] of Object.entries(fitting)) {
    for (const kind of kinds) {
      const pem = pemOf(kind)
      const texts = [pem.pkcs8, pem.traditional, `\n${pem.pkcs8}\n\n`,
        ...['\r\n', '\\n'].map(end => pem.pkcs8.replaceAll('\n', end))]
      for (const text of texts) {
        const problems = problemsOf({ LANGFLOW_ALGORITHM: algorithm, LANGFLOW_PRIVATE_KEY: text })
        if (kind === fit) t.strictSame(problems, [], `${algorithm} with ${kind}`)
        else {
          t.match(problems, [{
            subject: 'LANGFLOW_PRIVATE_KEY', problem: `but ${algorithm} needs an`, remedy: /openssl genpkey -algorithm/
          }], `${algorithm} with ${kind}`)
        }
      }
    }
  }
})

t.test('what is no private key is refused without being repeated', async t => {
  const { pkcs8, spki, encrypted } = pemOf('rsa')
  const texts: Array<[string, RegExp]> = [
    [encrypted, /encrypted with a passphrase/], [spki, /contains no private key/],
    [pkcs8.replace(/[A-Za-z]/g, 'A'), /not a private key in PEM/], [pkcs8.slice(0, 400), /not a private key in PEM/],
    [pkcs8.replaceAll('\n', ' '), /not a private key in PEM/], ['MIIEvQIBADANBg', /not a private key in PEM/],
    ['/etc/keys/private.pem', /not a private key in PEM/]
  ]
  for (const [text, problem] of texts) {
    const [found, ...others] = problemsOf({ LANGFLOW_ALGORITHM: 'RS256', LANGFLOW_PRIVATE_KEY: text })
    t.match(found, { subject: 'LANGFLOW_PRIVATE_KEY', problem, remedy: /openssl genpkey/ })
    t.strictSame(others, [])
    t.notOk(JSON.stringify(found).includes(text.slice(-20).trim()), 'the text is not repeated')
  }
})

t.test('a public key must belong to the private key', async t => {
  const [rsa, ec] = [pemOf('rsa'), pemOf('ec')]
  const base = { LANGFLOW_ALGORITHM: 'RS256', LANGFLOW_PRIVATE_KEY: rsa.pkcs8 }
  t.strictSame(problemsOf({ ...base, LANGFLOW_PUBLIC_KEY: rsa.spki }), [])
  t.strictSame(problemsOf({ ...base, LANGFLOW_PUBLIC_KEY: rsa.spki.replaceAll('\n', '\\n') }), [])
  const refused: Array<[Record<string, string>, RegExp, RegExp]> = [
    [{ LANGFLOW_PUBLIC_KEY: ec.spki }, /does not belong to LANGFLOW_PRIVATE_KEY/, /openssl pkey/],
    [{ LANGFLOW_PUBLIC_KEY: rsa.pkcs8 }, /contains a private key/, /openssl pkey/],
    [{ LANGFLOW_PUBLIC_KEY: 'x' }, /not a public key in PEM/, /openssl pkey/],
    [{ LANGFLOW_PUBLIC_KEY: rsa.spki, LANGFLOW_PRIVATE_KEY: '' }, /without LANGFLOW_PRIVATE_KEY/, /_PRIVATE_KEY_FILE/]
  ]
  for (const [more, problem, remedy] of refused) {
    t.match(problemsOf({ ...base, ...more }), [{ subject: 'LANGFLOW_PUBLIC_KEY', problem, remedy }])
  }
})

t.test('a private key with HS256 is refused: it would not sign', async t => {
  t.match(problemsOf({ LANGFLOW_PRIVATE_KEY: pemOf('rsa').pkcs8 }), [{
    subject: 'LANGFLOW_PRIVATE_KEY', problem: /does not match LANGFLOW_ALGORITHM=HS256/, remedy: /LANGFLOW_ALGORITHM/
  }])
})

t.test('both keys can be read from files', async t => {
  const folder = temporaryFolder(t)
  const [privatePath, publicPath] = [join(folder, 'private.pem'), join(folder, 'public.pem')]
  writeFileSync(privatePath, pemOf('ec').pkcs8, { mode: 0o600 })
  writeFileSync(publicPath, pemOf('ec').spki)
  const config = load({
    LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_PRIVATE_KEY_FILE: privatePath, LANGFLOW_PUBLIC_KEY_FILE: publicPath
  })
  t.equal(config.privateKey?.trim(), pemOf('ec').pkcs8.trim())
  t.equal(config.publicKey?.trim(), pemOf('ec').spki.trim())
  t.strictSame(config.warnings.filter(({ subject }) => /_KEY/.test(subject)), [], 'a public key may be readable for all')
  t.match(problemsOf({ LANGFLOW_ALGORITHM: 'ES256', LANGFLOW_PRIVATE_KEY_FILE: join(folder, 'missing.pem') }),
    [{ subject: /LANGFLOW_PRIVATE_KEY_FILE/, problem: /missing\.pem/ }])
})

t.test('audiences are checked, and this server is none', async t => {
  const base = { LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:9000/flowgate' }
  t.strictSame(load({ LANGFLOW_IDENTITY_AUDIENCES: 'reports, https://wiki.test/ ,urn:x:y' }).identityAudiences,
    ['reports', 'https://wiki.test/', 'urn:x:y'])
  for (const text of ['two words', 'grüße', 'a'.repeat(201)]) {
    t.match(problemsOf({ LANGFLOW_IDENTITY_AUDIENCES: text }),
      [{ subject: 'LANGFLOW_IDENTITY_AUDIENCES', problem: /is not an audience/ }], text)
  }
  for (const own of ['http://127.0.0.1:9000/flowgate', 'http://127.0.0.1:9000/flowgate/']) {
    t.match(problemsOf({ ...base, LANGFLOW_IDENTITY_AUDIENCES: `reports,${own}` }),
      [{ subject: 'LANGFLOW_IDENTITY_AUDIENCES', problem: /which is this server/ }])
  }
  t.strictSame(problemsOf({ ...base, LANGFLOW_IDENTITY_AUDIENCES: 'http://127.0.0.1:9000/' }), [])
})

t.test('a missing public URL is a warning where the issuer of tokens matters', async t => {
  const warningsOf = (values: Record<string, string>) =>
    load(values).warnings.filter(({ subject }) => subject === 'LANGFLOW_PUBLIC_URL')
  t.strictSame(warningsOf({}), [])
  t.match(warningsOf({ LANGFLOW_ALGORITHM: 'RS256', LANGFLOW_PORT: '8000' }),
    [{ problem: 'is not set: the issuer of tokens is http://127.0.0.1:8000' }])
  t.equal(warningsOf({ LANGFLOW_IDENTITY_AUDIENCES: 'reports' }).length, 1)
  t.strictSame(warningsOf({ LANGFLOW_ALGORITHM: 'RS256', LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:9000' }), [])
})
