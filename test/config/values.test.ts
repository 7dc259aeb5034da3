import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { loadConfig, settings } from '../../src/config.ts'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { SetupError } from '../../src/errors.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { load, problemsOf, type Values } from '../helpers/config.ts'
import { launchServer } from '../helpers/server.ts'

/** Warnings of a setting that do not concern its value. */
const said = (values: Values, name: string) => load(values).warnings
  .filter(({ subject, problem }) => subject.startsWith(name) && /read without|no effect|counts as/.test(problem))

const around: Array<[before: string, after: string, what: string]> = [
  ['"', '"', 'a pair of quotes'], ["'", "'", 'a pair of quotes'], ['\u201c', '\u201d', 'a pair of quotes'],
  [' ', '', 'blanks'], ['', '\t', 'tabs'], ['', '\r\n', 'line ends'], ['\u00a0', '\u202f', 'no-break spaces'],
  ['\uFEFF', '', 'a byte order mark'], ['\u200b', '\u2060', 'zero-width characters'],
  ['"\u00a0', '" ', 'blanks, no-break spaces and a pair of quotes'], ['\uFEFF"', '"\n', 'a byte order mark, line ends']
]

t.test('accidental characters around a value are removed and reported', async t => {
  const others = (name: string) => name === 'LANGFLOW_SSL_CERT_FILE' ? { LANGFLOW_SSL_KEY_FILE: '/tls/key.pem' } : {}
  for (const [name, text, read, value] of [
    ['LANGFLOW_SUPERUSER_PASSWORD', 'a long passphrase', 'superuserPassword', 'a long passphrase'],
    ['LANGFLOW_SUPERUSER', 'grace', 'superuser', 'grace'],
    ['LANGFLOW_AUTO_LOGIN', 'False', 'autoLogin', false],
    ['LANGFLOW_PORT', '8080', 'port', 8080],
    ['LANGFLOW_LOG_LEVEL', 'DEBUG', 'logLevel', 'debug'],
    ['LANGFLOW_COOKIE_DOMAIN', 'example.net', 'cookieDomain', 'example.net'],
    ['LANGFLOW_SSL_CERT_FILE', '/tls/cert.pem', 'sslCertFile', '/tls/cert.pem'],
    ['LANGFLOW_DATABASE_URL', 'postgresql://u@127.0.0.1/db', 'databaseUrl', 'postgresql://u@127.0.0.1/db'],
    ['DATABASE_URL', 'postgresql://u@127.0.0.1/db', 'databaseUrl', 'postgresql://u@127.0.0.1/db'],
    ['LANGFLOW_RATE_LIMIT_STORAGE_URI', 'redis://:pw@127.0.0.1/1', 'rateLimitStorageUri', 'redis://:pw@127.0.0.1/1'],
    ['LANGFLOW_CORS_ORIGINS', 'https://a.example,https://b.example', 'corsOrigins',
      ['https://a.example', 'https://b.example']]
  ] as const) {
    for (const [before, after, what] of around) {
      const values = { ...others(name), [name]: before + text + after }
      t.strictSame(load(values)[read], value, `${name} ${what}`)
      const [warning] = said(values, name)
      for (const problem of what.split(/, | and /)) {
        t.match(warning, { subject: `${name} (environment)`, problem }, `${name} ${what}`)
      }
      t.notMatch(JSON.stringify(warning), 'passphrase')
    }
    t.strictSame(said({ ...others(name), [name]: text }, name), [])
  }
})

t.test('quotes inside a value stay, and lists keep their syntax', async t => {
  for (const password of ['"correct" horse "battery"', 'half "quoted', "o'clock o'clock", '"""', '“a” b “c”']) {
    t.equal(load({ LANGFLOW_SUPERUSER_PASSWORD: password }).superuserPassword, password)
    t.strictSame(said({ LANGFLOW_SUPERUSER_PASSWORD: password }, 'LANGFLOW_SUPERUSER'), [], password)
  }
  for (const text of ['["a.example", "b.example"]', 'a.example , b.example', '"a.example","b.example"',
    "'a.example,b.example'", '\'["a.example","b.example"]\'', '[\n"a.example",\n"b.example"\n]']) {
    t.strictSame(load({ LANGFLOW_ALLOWED_HOSTS: text }).allowedHosts, ['a.example', 'b.example'], text)
    t.equal(said({ LANGFLOW_ALLOWED_HOSTS: text }, 'LANGFLOW_ALLOWED').length, /^['"]/.test(text) ? 1 : 0, text)
  }
  t.match(load({ LANGFLOW_PORT: '""', LANGFLOW_LOG_LEVEL: ' ' }, { LANGFLOW_PORT: '1234' }),
    { port: 1234, logLevel: 'info' }, 'what is empty without its quotes counts as none')
})

t.test('a control character inside a value is rejected with its position', async t => {
  for (const [name, text, code, position] of [
    ['LANGFLOW_SUPERUSER_PASSWORD', 'pass\tphrase', '0009', 5],
    ['LANGFLOW_SUPERUSER_PASSWORD', '\u{1f511}\u001bphrase', '001B', 2],
    ['LANGFLOW_CONFIG_DIR', '/tmp/a\nb', '000A', 7], ['LANGFLOW_SUPERUSER', 'ada\u0085lovelace', '0085', 4],
    ['LANGFLOW_ALLOWED_HOSTS', '["a\\u0000b"]', '0000', 2], ['DATABASE_URL', 'postgresql://u:p\u0007w@h/d', '0007', 17]
  ] as const) {
    const [problem] = problemsOf({ [name]: text })
    const subject = name.replace(/^DATABASE/, 'LANGFLOW_DATABASE')
    t.match(problem, { subject, problem: `(U+${code}) at position ${position}` }, name)
    t.notMatch(JSON.stringify(problem), /phrase|p.?w@/)
  }
})

t.test('a secret key with stray characters is rejected, but a file may have a line end and a mark', async t => {
  const [key, older] = [generateSecretKey(), generateSecretKey()]
  for (const [before, after, what] of around) {
    const [problem, ...more] = problemsOf({ LANGFLOW_SECRET_KEY: before + key + after })
    t.match(problem, { subject: 'LANGFLOW_SECRET_KEY (environment)' })
    for (const each of what.split(/, | and /)) t.match(problem?.problem, each)
    t.strictSame(more, [])
    t.notOk(JSON.stringify(problem).includes(key))
  }
  t.equal(problemsOf({ LANGFLOW_SECRET_KEY_PREVIOUS: `"${key}","${older}"` }).length, 1)
  t.strictSame(load({ LANGFLOW_SECRET_KEY: key, LANGFLOW_SECRET_KEY_PREVIOUS: ` ${older},${older} ` }).secretKeyPrevious,
    [older, older])

  const path = join(temporaryFolder(t), 'key')
  for (const [before, after, isRead] of [
    ['', '\n', true], ['', '\r\n', true], ['\uFEFF', '\r\n', true], ['', '\n\n', false],
    [' ', '', false], ['"', '"', false]
  ] as const) {
    writeFileSync(path, before + key + after, { mode: 0o600 })
    const values = { LANGFLOW_SECRET_KEY_FILE: path }
    if (isRead) {
      t.equal(load(values).secretKey, key)
      t.equal(said(values, 'LANGFLOW_SECRET_KEY_FILE').length, before === '' ? 0 : 1)
    } else t.match(problemsOf(values), [{ subject: `LANGFLOW_SECRET_KEY (LANGFLOW_SECRET_KEY_FILE, ${path})` }])
  }
})

t.test('names are case-insensitive, and two spellings with different values are rejected', async t => {
  const path = join(temporaryFolder(t), 'pw')
  writeFileSync(path, 'from a file it comes', { mode: 0o600 })
  t.match(load({
    langflow_auto_login: 'False',
    Langflow_Port: '81',
    langflow_superuser_password_file: path,
    database_url: 'postgres://h/d'
  }), { autoLogin: false, port: 81, superuserPassword: 'from a file it comes', databaseUrl: 'postgres://h/d' })
  t.equal(load({ langflow_port: '81', LANGFLOW_PORT: '81' }).port, 81)
  t.equal(load({ langflow_port: '81' }, { LANGFLOW_PORT: '82' }).port, 81, 'the stronger source decides')
  for (const [one, other, name] of [
    ['langflow_secret_key', 'LANGFLOW_SECRET_KEY', 'LANGFLOW_SECRET_KEY'],
    ['Database_Url', 'DATABASE_URL', 'DATABASE_URL'],
    ['langflow_host', 'LANGFLOW_Host', 'LANGFLOW_HOST']
  ] as const) {
    const [problem] = problemsOf({ [one]: 'hunter2', [other]: 'hunter3' })
    t.match(problem, { subject: `${name} (environment)`, problem: `is given as ${one} and as ${other}` })
    t.notMatch(JSON.stringify(problem), 'hunter')
  }
  t.match(load({ langflow_superusr: 'x' }).warnings.filter(({ problem }) => problem === 'is not a setting'),
    [{ subject: 'langflow_superusr', remedy: 'Did you mean LANGFLOW_SUPERUSER?' }])
  t.match(problemsOf({ LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: 'langflow_secret_key' }), [{}],
    'a setting is not handed out under another case')
})

t.test('an invalid secret file is rejected with the reason, and a file for another setting has no effect', async t => {
  const folder = temporaryFolder(t)
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  mkdirSync(join(folder, 'folder'))
  for (const [path, problem] of [
    [join(folder, 'folder'), /is a folder \(EISDIR\)/], [join(folder, 'gone'), /does not exist \(ENOENT\)/],
    [write('empty', '\n'), /is empty/], [write('blank', ' \t\n'), /is empty/],
    [write('latin1', Buffer.from('pass\u00e9', 'latin1')), /is not UTF-8 in line 1/],
    [write('big', 'x'.repeat(65_537)), /larger than 64 KiB/]
  ] as const) {
    for (const name of ['LANGFLOW_SUPERUSER_PASSWORD', 'LANGFLOW_DATABASE_URL', 'LANGFLOW_SECRET_KEY_PREVIOUS']) {
      const [found, ...more] = problemsOf({ [`${name}_FILE`]: path })
      t.match(found, { subject: `${name} (${name}_FILE, environment)`, problem, remedy: /\w/ }, `${name} ${path}`)
      t.match(found?.problem, path)
      t.strictSame(more, [])
    }
  }
  const marked = write('marked', '\uFEFFkeep it secret\r\n')
  const name = 'LANGFLOW_SUPERUSER_PASSWORD_FILE'
  t.match(said({ [name]: ` "${marked}"` }, name), [{ subject: `${name} (environment)` }, { subject: `${name} (${marked})` }])
  const config = load({ LANGFLOW_SUPERUSER_PASSWORD_FILE: marked })
  t.equal(config.superuserPassword, 'keep it secret')
  t.equal(config.origins['LANGFLOW_SUPERUSER_PASSWORD'], `${name} (${marked}), environment`)
  for (const name of ['LANGFLOW_PORT', 'LANGFLOW_SUPERUSER', 'LANGFLOW_CORS_ORIGINS']) {
    t.match(said({ [`${name}_FILE`]: '/x' }, name), [{ problem: /no effect/, remedy: `Set ${name}.` }])
  }
})

t.test('paths in settings are made absolute, including the home folder', async t => {
  const tls = { LANGFLOW_SSL_CERT_FILE: '~/cert.pem', LANGFLOW_SSL_KEY_FILE: 'key.pem' }
  t.match(load({ ...tls, LANGFLOW_CONFIG_DIR: '~' }),
    { configDir: homedir(), sslCertFile: join(homedir(), 'cert.pem'), sslKeyFile: resolve('key.pem') })
  t.equal(load({}).configDir, resolve('.flowgate'))
  for (const path of ['~ada/flowgate', '$HOME/flowgate', '/srv/${NAME}/x', 'file:///srv/flowgate']) { // eslint-disable-line
    for (const name of ['LANGFLOW_CONFIG_DIR', 'LANGFLOW_SSL_CERT_FILE', 'LANGFLOW_SECRET_KEY_FILE']) {
      t.match(problemsOf({ LANGFLOW_SSL_KEY_FILE: name.includes('CERT') ? '/k' : undefined, [name]: path }),
        [{ remedy: 'Write the absolute path.' }], `${name}=${path}`)
    }
  }
  const paths = settings.filter(({ path }) => path).map(({ name }) => name)
  t.strictSame(paths.sort(), settings.filter(({ name }) => /_(DIR|FILE)$/.test(name)).map(({ name }) => name).sort())
  const homeless = await runCli(t, ['doctor'], { HOME: '', LANGFLOW_CONFIG_DIR: '~/x' })
  t.match(homeless, { code: 78, stdout: /the home folder of this process is unknown/ })
})

t.test('Langflow\'s spellings of booleans and numbers are accepted', async t => {
  for (const [name, key, cases] of [
    ['LANGFLOW_LOG_LEVEL', 'logLevel', { WARNING: 'warn', critical: 'fatal', Error: 'error', debug: 'debug' }],
    ['LANGFLOW_ACCESS_SECURE', 'accessSecure', { True: 'true', 1: 'true', no: 'false', AUTO: 'auto', F: 'false' }],
    ['LANGFLOW_PRETTY_LOGS', 'prettyLogs', { on: 'true', 0: 'false' }],
    ['LANGFLOW_REFRESH_SAME_SITE', 'refreshSameSite', { Lax: 'lax', STRICT: 'strict' }],
    ['LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS', 'accessTokenExpireSeconds',
      { '1800.0': 1800, '1_800': 1800, '+1800': 1800, '1800.': 1800 }]
  ] as const) {
    for (const [text, value] of Object.entries(cases)) t.equal(load({ [name]: text })[key], value, `${name}=${text}`)
  }
  for (const text of ['1e3', '1800.5', '1__800', '_1800', '0x700', '18 00']) {
    t.equal(problemsOf({ LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: text }).length, 1, text)
  }
  for (const level of ['verbose', 'constructor', '30']) {
    t.match(problemsOf({ LANGFLOW_LOG_LEVEL: level }), [{ problem: /warning, critical$/ }])
  }
})

t.test('port settings from Kubernetes service links count as not set', async t => {
  const links = {
    LANGFLOW_PORT: 'tcp://10.96.0.1:7860',
    LANGFLOW_SERVICE_HOST: '10.96.0.1',
    LANGFLOW_SERVICE_PORT: '7860',
    LANGFLOW_SERVICE_PORT_HTTP: '7860',
    LANGFLOW_PORT_7860_TCP: 'tcp://10.96.0.1:7860',
    LANGFLOW_PORT_7860_TCP_PROTO: 'tcp',
    LANGFLOW_PORT_7860_TCP_PORT: '7860',
    LANGFLOW_PORT_7860_TCP_ADDR: '10.96.0.1',
    LANGFLOW_PROMETHEUS_PORT: 'udp://[fd00::1]:9090',
    LANGFLOW_PROMETHEUS_SERVICE_HOST: 'fd00::1',
    LANGFLOW_HOST_PORT: 'tcp://10.96.0.2:1',
    FLOWGATE_PORT: 'tcp://10.96.0.3:1',
    DATABASE_PORT: 'tcp://10.96.0.4:5432'
  }
  const config = load(links, { LANGFLOW_PORT: '7000' })
  t.match(config, { port: 7000, prometheusPort: 9090 })
  const warnings = load(links).warnings.filter(({ problem }) => /counts as not set|is not a setting/.test(problem))
  t.match(warnings, [{ subject: 'LANGFLOW_PORT (environment)', remedy: /enableServiceLinks: false/ },
    { subject: 'LANGFLOW_PROMETHEUS_PORT (environment)' }])
  t.equal(warnings.length, 2)
  t.equal(problemsOf({ LANGFLOW_PORT: 'https://10.96.0.1:7860' }).length, 1)
  t.throws(() => loadConfig([{ label: 'command line', values: { LANGFLOW_PORT: 'tcp://10.96.0.1:1' } }]), SetupError)
})

t.test('each warning is logged at the start, and doctor shows it', async t => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o700)
  const env = { LANGFLOW_LOG_LEVEL: '"info"', LANGFLOW_SUPERUSER: ' ada', LANGFLOW_PROMETHEUS_PORT: 'tcp://10.0.0.1:1' }
  const server = launchServer(t, { env, cwd: folder })
  await server.ready
  for (const name of Object.keys(env)) t.match(server.logs(), new RegExp(`"level":40,.*${name} \\(environment\\): `), name)
  await server.stop()
  const { stdout } = await runCli(t, ['doctor', '--settings'], env, { cwd: folder })
  for (const name of Object.keys(env)) t.match(stdout, new RegExp(`WARN +${name} \\(environment\\)`))
  t.match(stdout, /LANGFLOW_SUPERUSER +ada +environment/)
})
