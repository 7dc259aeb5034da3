import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../src/config.ts'
import { generateSecretKey } from '../src/crypto/secret-key.ts'
import type { SetupProblem } from '../src/errors.ts'
import { temporaryFolder } from './helpers/cli.ts'
import { load, problemsOf, type Values } from './helpers/config.ts'

const subjects = (problems: readonly SetupProblem[]) => problems.map(({ subject }) => subject.split(' ')[0]).sort()

/** A set-up that may face a network. */
const safe = {
  LANGFLOW_HOST: '0.0.0.0',
  LANGFLOW_AUTO_LOGIN: 'False',
  LANGFLOW_SUPERUSER: 'administrator',
  LANGFLOW_SUPERUSER_PASSWORD: 'correct horse battery',
  LANGFLOW_SECRET_KEY: generateSecretKey()
}

t.test('without settings, Langflow\'s defaults apply on loopback, with warnings', async t => {
  const config = load({})
  t.match(config, {
    autoLogin: true, superuser: 'langflow', host: '127.0.0.1', port: 7860, newUserIsActive: false,
    accessTokenExpireSeconds: 3600, refreshTokenExpireSeconds: 604_800, signupEnabled: false, isPublic: false
  })
  t.strictSame(subjects(config.warnings), ['LANGFLOW_AUTO_LOGIN', 'LANGFLOW_SUPERUSER_PASSWORD'])
  t.ok(Object.isFrozen(config))
  t.equal(config.origins['LANGFLOW_PORT'], 'default')
})

t.test('booleans are Langflow\'s words in any case; other values are rejected', async t => {
  for (const [text, value] of Object.entries({
    true: true, True: true, 1: true, YES: true, on: true, t: true, Y: true,
    false: false, FALSE: false, 0: false, no: false, Off: false, F: false, n: false
  })) t.equal(load({ LANGFLOW_NEW_USER_IS_ACTIVE: text }).newUserIsActive, value, text)
  for (const text of ['maybe', '2', 'truee', 'ye', 'null']) {
    t.match(problemsOf({ LANGFLOW_NEW_USER_IS_ACTIVE: text }), [{ problem: /^must be one of true, false/ }], text)
  }
})

t.test('all problems are reported at once with the allowed values and remedies, without secrets', async t => {
  const secret = 'hunter2-hunter2'
  const problems = problemsOf({
    LANGFLOW_AUTO_LOGIN: 'maybe',
    LANGFLOW_PORT: '70000',
    LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: '-5',
    LANGFLOW_SECRET_KEY: secret,
    LANGFLOW_ACCESS_SAME_SITE: 'sometimes',
    LANGFLOW_CORS_ORIGINS: 'example.org'
  })
  t.strictSame(subjects(problems), [
    'LANGFLOW_ACCESS_SAME_SITE', 'LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS', 'LANGFLOW_AUTO_LOGIN',
    'LANGFLOW_CORS_ORIGINS', 'LANGFLOW_PORT', 'LANGFLOW_SECRET_KEY'
  ])
  for (const { problem, remedy } of problems) t.ok(problem && remedy)
  t.notMatch(JSON.stringify(problems), secret)
  t.match(JSON.stringify(problems), /npx flowgate secret-key/)
})

t.test('precedence of the sources: flags, then the file, then the environment', async t => {
  const config = loadConfig([
    { label: 'command line', values: { LANGFLOW_PORT: '1' } },
    { label: 'my.env', values: { LANGFLOW_PORT: '2', LANGFLOW_SUPERUSER: 'ada' } },
    { label: 'environment', values: { LANGFLOW_PORT: '3', LANGFLOW_SUPERUSER: 'bob', LANGFLOW_LOG_LEVEL: 'warn' } }
  ])
  t.match(config, { port: 1, superuser: 'ada', logLevel: 'warn' })
  t.match(config.origins, {
    LANGFLOW_PORT: 'command line', LANGFLOW_SUPERUSER: 'my.env', LANGFLOW_LOG_LEVEL: 'environment'
  })
})

t.test('a secret may come from a file', async t => {
  const path = join(temporaryFolder(t), 'key')
  const key = generateSecretKey()
  writeFileSync(path, `${key}\n`, { mode: 0o600 })
  const config = load({ LANGFLOW_SECRET_KEY_FILE: path })
  t.equal(config.secretKey, key)
  t.notOk(config.warnings.some(({ subject }) => subject === 'LANGFLOW_SECRET_KEY_FILE'))
  chmodSync(path, 0o644)
  t.match(load({ LANGFLOW_SECRET_KEY_FILE: path }).warnings.map(({ remedy }) => remedy).join(), `chmod o-r ${path}`)
  t.match(problemsOf({ LANGFLOW_SECRET_KEY_FILE: `${path}.gone` }), [{ problem: /ENOENT/ }])
  t.match(problemsOf({ LANGFLOW_SECRET_KEY_FILE: path, LANGFLOW_SECRET_KEY: key }), [{ problem: /twice/ }])
})

t.test('unsafe settings are rejected on a public host', async t => {
  t.strictSame(problemsOf(safe), [])
  const cases: Array<[Values, string]> = [
    [{ LANGFLOW_AUTO_LOGIN: undefined }, 'LANGFLOW_AUTO_LOGIN'],
    [{ LANGFLOW_SUPERUSER_PASSWORD: undefined }, 'LANGFLOW_SUPERUSER_PASSWORD'],
    [{ LANGFLOW_SUPERUSER_PASSWORD: 'langflow' }, 'LANGFLOW_SUPERUSER_PASSWORD'],
    [{ LANGFLOW_SECRET_KEY: 'dBuuuB_FHLvU8T9eUNlxQF9ppqRxwWpXXQ42kM2_fb' }, 'LANGFLOW_SECRET_KEY'],
    [{ LANGFLOW_CORS_ORIGINS: '*', LANGFLOW_CORS_ALLOW_CREDENTIALS: 'true' }, 'LANGFLOW_CORS_ALLOW_CREDENTIALS'],
    [{ LANGFLOW_REFRESH_SAME_SITE: 'none' }, 'LANGFLOW_REFRESH_SAME_SITE']
  ]
  for (const [change, subject] of cases) {
    t.strictSame(subjects(problemsOf({ ...safe, ...change })), [subject], JSON.stringify(Object.keys(change)))
    t.strictSame(problemsOf({ ...safe, ...change, LANGFLOW_HOST: 'localhost' }), [], `${subject} on loopback`)
  }
  const asked = load({ ...safe, LANGFLOW_AUTO_LOGIN: 'true' })
  t.strictSame(subjects(asked.warnings), ['LANGFLOW_AUTO_LOGIN'], 'auto login that was asked for is a warning')
})

t.test('unusable keys are rejected on every host', async t => {
  const good = generateSecretKey()
  for (const key of [good.slice(0, 31), ` ${good}`, `${good} `, `\uFEFF${good}`, `"${good}"`, 'a'.repeat(40),
    'change-me-change-me-change-me-change-me']) {
    const refused = subjects(problemsOf({ LANGFLOW_SECRET_KEY: key }))
    t.strictSame(refused, ['LANGFLOW_SECRET_KEY'], JSON.stringify(key.slice(0, 4)))
  }
  t.strictSame(subjects(problemsOf({ LANGFLOW_SECRET_KEY_PREVIOUS: `${good},short` })), ['LANGFLOW_SECRET_KEY_PREVIOUS'])
  t.strictSame(load({ LANGFLOW_SECRET_KEY: good, LANGFLOW_SECRET_KEY_PREVIOUS: `${good}, ${good}` }).secretKeyPrevious,
    [good, good])
})

t.test('a list is comma-separated or JSON', async t => {
  const origins = ['https://a.example', 'http://127.0.0.1:3000']
  for (const text of [origins.join(','), ` ${origins.join(' , ')} `, JSON.stringify(origins)]) {
    t.strictSame(load({ LANGFLOW_CORS_ORIGINS: text }).corsOrigins, origins)
  }
  t.strictSame(load({ LANGFLOW_CORS_ALLOW_METHODS: 'GET,PUT' }).corsAllowMethods, ['GET', 'PUT'])
  t.equal(problemsOf({ LANGFLOW_CORS_ORIGINS: '["https://a.example"' }).length, 1)
  t.equal(problemsOf({ ...safe, LANGFLOW_TRUSTED_PROXIES: '10.0.0.0/33' }).length, 1)
})

t.test('a misspelled name is reported, unrelated names are ignored', async t => {
  const { warnings } = load({
    LANGFLOW_SUPERUSR: 'x', LANGFLOW_AUTOLOGIN: 'false', LANGFLOW_STORE: 'true', LANGFLOW_SECRET_KEY_FILES: 'x'
  })
  const said = warnings.filter(({ problem }) => problem === 'is not a setting')
  t.strictSame(said.map(({ subject, remedy }) => [subject, remedy]).sort(), [
    ['LANGFLOW_AUTOLOGIN', 'Did you mean LANGFLOW_AUTO_LOGIN?'],
    ['LANGFLOW_SECRET_KEY_FILES', 'Did you mean LANGFLOW_SECRET_KEY_FILE?'],
    ['LANGFLOW_SUPERUSR', 'Did you mean LANGFLOW_SUPERUSER?']
  ])
})

t.test('an empty value counts as not set', async t => {
  t.match(load({ LANGFLOW_PORT: '', LANGFLOW_DATABASE_URL: '' }), { port: 7860, databaseUrl: undefined })
  t.equal(load({ DATABASE_URL: 'postgresql://flowgate@127.0.0.1/x' }).databaseUrl, 'postgresql://flowgate@127.0.0.1/x')
  t.match(problemsOf({ LANGFLOW_DATABASE_URL: 'mysql://root:hush@127.0.0.1/x' }), [{ problem: /begins with mysql/ }])
  for (const url of ['%zz@127.0.0.1/x', 'ada:hush%@127.0.0.1/x', 'ada@127.0.0.1/%e0%a4', 'ada@127.0.0.1:99999/x']) {
    const problems = problemsOf({ LANGFLOW_DATABASE_URL: `postgresql://${url}` })
    t.match(problems, [{ problem: /^is not a URL/, remedy: /percent-encoded/ }], url)
    t.notMatch(JSON.stringify(problems), 'hush')
  }
})
