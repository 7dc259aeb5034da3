/* eslint-disable no-template-curly-in-string -- they are what is read */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { settingsSources } from '../../src/cli/settings-source.ts'
import { loadConfig } from '../../src/config.ts'
import { readDatabaseUrl } from '../../src/policy/database-url.ts'
import { SetupError } from '../../src/errors.ts'
import { ADMIN } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { startServer } from '../helpers/server.ts'

type Env = Record<string, string | undefined>

function fileOf (t: Test, content: string | Buffer, name = 'server.env'): string {
  const path = join(temporaryFolder(t), name)
  writeFileSync(path, content, { mode: 0o600 })
  return path
}

const load = (envFile: string, env: Env = {}) => loadConfig(settingsSources(env, { envFile }))

function refusal (envFile: string, env: Env = {}): SetupError {
  try {
    load(envFile, env)
  } catch (error) {
    if (error instanceof SetupError) return error
    throw error
  }
  throw new Error('the file was read')
}

const warnings = (envFile: string, env: Env = {}) =>
  load(envFile, env).warnings.map(({ subject, problem, remedy }) => `${subject}: ${problem}. ${remedy}`)

t.test('values are parsed like Langflow\'s parser does', async t => {
  const written: Array<[string, string]> = [
    ['Tr0ub4dor&3#horse', 'Tr0ub4dor&3#horse'],
    ['#starts-with-hash', '#starts-with-hash'],
    ['ends in a comment   # not this', 'ends in a comment'],
    ['"quoted # text" # a comment', 'quoted # text'],
    ["'single \\' quote' ", "single ' quote"],
    ['"a \\"quote\\" and a \\\\ backslash"', 'a "quote" and a \\ backslash'],
    ['  blanks after the sign', 'blanks after the sign'],
    ['back`tick`', 'back`tick`'],
    ['before ${OUTER} after', 'before sea after'],
    ["'${OUTER}'", 'sea'],
    ['${NOTHING:-a default}', 'a default'],
    ['${EARLIER}/${OUTER}', 'line one/sea']
  ]
  for (const [text, value] of written) {
    for (const [end, mark] of [['\n', ''], ['\r\n', '\uFEFF']] as const) {
      const path = fileOf(t, `${mark}EARLIER="line one"${end}export LANGFLOW_SUPERUSER_PASSWORD =${text}${end}`)
      t.equal(load(path, { OUTER: 'sea' }).superuserPassword, value, text)
    }
  }
  t.equal(load(fileOf(t, 'LANGFLOW_PORT=1\nLANGFLOW_PORT=2\n')).port, 2, 'the last of a name counts')
  t.strictSame(load(fileOf(t, 'LANGFLOW_CORS_ORIGINS=\'[\n"https://a.example",\n"https://b.example"\n]\'\n')).corsOrigins,
    ['https://a.example', 'https://b.example'], 'a list of several lines')
})

t.test('references in values follow the precedence of settings', async t => {
  const text = 'NAME=file\nLANGFLOW_SUPERUSER=${NAME}\n'
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, '.env'), text)
  const superuser = async (args: string[]) => {
    const { stdout } = await runCli(t, ['doctor', '--json', ...args], { NAME: 'environment' }, { cwd })
    const { settings }: { settings: Array<{ name: string }> } = JSON.parse(stdout)
    return settings.find(({ name }) => name === 'LANGFLOW_SUPERUSER')
  }
  t.match(await superuser([]), { value: 'environment', source: join(cwd, '.env'), line: 2 })
  t.match(await superuser(['--env-file', '.env']), { value: 'file', source: join(cwd, '.env'), line: 2 })
})

t.test('an administrator from a settings file signs in with the password in the file', async t => {
  const cwd = temporaryFolder(t)
  const password = 'Blue#Whale sings'
  writeFileSync(join(cwd, 'my.env'), `langflow_superuser="admiral" # name\nLANGFLOW_SUPERUSER_PASSWORD=${password}\n`)
  const { url, logs, stop } = await startServer(t, {
    args: ['--env-file', 'my.env'], cwd, env: { LANGFLOW_SUPERUSER: ' ', LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password }
  })
  const signIn = async (attempt: string) => (await fetch(`${url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username: 'admiral', password: attempt })
  })).status
  t.equal(await signIn(password), 200)
  t.equal(await signIn('Blue'), 401)
  t.match(logs(), /my\.env line 2: LANGFLOW_SUPERUSER_PASSWORD is parsed like python-dotenv; versions before 0\.2/)
  t.notOk(logs().includes('Whale'))
  await stop()
})

t.test('all syntax errors are reported together, with file and line and without values', async t => {
  const path = fileOf(t, [
    'LANGFLOW_PORT: 7860', '', '# fine', 'LANGFLOW_SUPERUSER', 'LANGFLOW_LOG_LEVEL="info" hunter2', '=hunter2',
    'LANGFLOW_HOST=hunter2:80', 'LANGFLOW_COOKIE_DOMAIN=\'hunter2', ''
  ].join('\n'))
  const { problems, exitCode } = refusal(path)
  t.equal(exitCode, 78)
  t.strictSame(problems.slice(0, 5).map(({ subject, problem }) => [subject, problem]), [
    [`${path} line 1`, 'is not of the form NAME=VALUE'],
    [`${path} line 4`, 'has a name without ='],
    [`${path} line 5`, 'has text after the closing quote of its value'],
    [`${path} line 6`, 'is not of the form NAME=VALUE'],
    [`${path} line 8`, 'has a quoted value without its closing quote']
  ])
  for (const { remedy } of problems) t.ok(remedy)
  t.notMatch(JSON.stringify(problems.slice(0, 5)), 'hunter2')
})

t.test('an invalid value is reported with its line', async t => {
  const path = fileOf(t, '\n\nLANGFLOW_PORT=high\n')
  t.match(refusal(path).problems, [{ subject: `LANGFLOW_PORT (${path}:3)` }])
})

t.test('an unreadable settings file is reported with its path and the reason', async t => {
  const folder = temporaryFolder(t)
  const path = (name: string) => join(folder, name)
  mkdirSync(path('folder'))
  symlinkSync(path('loop'), path('loop'))
  writeFileSync(path('file'), '')
  writeFileSync(path('huge'), Buffer.alloc(1024 * 1024 + 1, '#'))
  writeFileSync(path('latin1'), Buffer.from('# one\nA=caf\u00e9\nB=\u00fc\n', 'latin1'))
  writeFileSync(path('nul'), 'A=1\nB=\0\n')
  writeFileSync(path('utf16'), Buffer.from('A=1\n', 'utf16le'))
  for (const [name, problem] of [
    ['missing', /does not exist \(ENOENT\)/], ['folder', /is a folder \(EISDIR\)/], ['file/x', /a part of its path is a file/],
    ['loop', /leads back to itself/], ['huge', /is larger than 1024 KiB/], ['latin1', /is not UTF-8 in lines 2, 3$/],
    ['nul', /has a NUL byte in line 2$/], ['utf16', /has a NUL byte in lines 1, 2/]
  ] as const) t.match(refusal(path(name)).problems, [{ subject: path(name), problem, remedy: /\w/ }], name)
  t.match(await runCli(t, ['doctor', '--env-file', '~nobody/x.env']), { code: 78, stdout: /home folder of another account/ })
})

t.test('relative paths in a settings file are resolved against its folder', async t => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'conf'))
  writeFileSync(join(folder, 'conf/password'), 'a long pass phrase\n', { mode: 0o600 })
  const path = join(folder, 'conf/server.env')
  const url = 'postgresql://h/db?sslmode=verify-full&sslrootcert=tls%20files/ca.pem&sslcert=/etc/c.pem&sslkey=../k.pem'
  writeFileSync(path, [
    'LANGFLOW_CONFIG_DIR=./data', 'LANGFLOW_SSL_CERT_FILE=cert.pem', 'LANGFLOW_SSL_KEY_FILE=../key.pem',
    'LANGFLOW_SUPERUSER_PASSWORD_FILE=password', `LANGFLOW_DATABASE_URL=${url}`
  ].join('\n'))
  const config = load(path)
  t.match(config, {
    configDir: join(folder, 'conf/data'),
    sslCertFile: join(folder, 'conf/cert.pem'),
    sslKeyFile: join(folder, 'key.pem'),
    superuserPassword: 'a long pass phrase'
  })
  t.strictSame(readDatabaseUrl(config.databaseUrl ?? '').url?.tlsFiles, {
    sslrootcert: join(folder, 'conf/tls files/ca.pem'), sslcert: '/etc/c.pem', sslkey: join(folder, 'k.pem')
  })
  // Pipes, the environment and the command line have no folder.
  t.equal(load(path, { LANGFLOW_CONFIG_DIR: './elsewhere' }).configDir, join(folder, 'conf/data'))
  t.equal(load(fileOf(t, ''), { LANGFLOW_CONFIG_DIR: './elsewhere' }).configDir, resolve('elsewhere'))
  t.equal(load(fileOf(t, '')).configDir, resolve('.flowgate'), 'the default is relative to the working directory')
})

t.test('a relative path that exists only in the working directory is rejected with both paths', async t => {
  const folder = temporaryFolder(t)
  const [conf, data] = [join(folder, 'conf'), join(folder, 'data')]
  mkdirSync(conf)
  mkdirSync(data)
  writeFileSync(join(conf, 'server.env'), 'LANGFLOW_CONFIG_DIR=./data\n')
  const run = () => runCli(t, ['run', '--env-file', 'conf/server.env'], { LANGFLOW_PORT: 'x' }, { cwd: folder })
  const before = await run()
  t.match(before, { code: 78, stderr: `${join(conf, 'data')} does not exist, but ${data} in the working directory does` })
  t.match(before.stderr, `Write the absolute path, e.g. ${data}.`)
  mkdirSync(join(conf, 'data'))
  t.notMatch((await run()).stderr, 'LANGFLOW_CONFIG_DIR')
})

t.test('UTF-16 with a byte order mark and pipes can be read', async t => {
  const text = 'LANGFLOW_SUPERUSER=Zo\u00eb\r\n'
  const little = Buffer.from(`\uFEFF${text}`, 'utf16le')
  for (const bytes of [little, Buffer.from(little).swap16()]) t.equal(load(fileOf(t, bytes)).superuser, 'Zo\u00eb')
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const command = `'${process.execPath}' -- '${cli}' doctor --settings --env-file <(printf '%s\\n' LANGFLOW_PORT=4242 LANGFLOW_CONFIG_DIR=x)`
  const cwd = temporaryFolder(t)
  const table = execFileSync('bash', ['-c', command], { encoding: 'utf8', cwd })
  t.match(table, /^LANGFLOW_PORT +4242 +\/dev\/fd\/\d+:1$/m, 'the table names the line')
  t.match(table, join(cwd, 'x'), 'a pipe has no folder: paths are relative to the working directory')
})

t.test('lines that version 0.1 read differently, and unset variables, are warnings without the value', async t => {
  const differs = /LANGFLOW_SUPERUSER_PASSWORD is parsed like python-dotenv/
  for (const text of ['hunter2#x', '#hunter2', "'it\\'s hunter2'", '"a \\"hunter2\\""', '`hunter2`']) {
    const [first = ''] = warnings(fileOf(t, `LANGFLOW_SUPERUSER_PASSWORD=${text}\n`))
    t.match(first, differs, text)
    t.match(first, /server\.env line 1: /)
    t.notMatch(first, 'hunter2')
  }
  for (const text of ['plain', '"in # quotes"', "'in # quotes'", 'with # comment', '"with" # comment', '']) {
    t.notOk(warnings(fileOf(t, `LANGFLOW_SUPERUSER_PASSWORD=${text}\n`)).some(said => differs.test(said)), text)
  }
  const unset = fileOf(t, 'LANGFLOW_SUPERUSER=ada${hunter2}\nOTHER=${gone}\n')
  t.match(warnings(unset).filter(said => said.includes('${…}')), [/server\.env line 1: LANGFLOW_SUPERUSER refers/])
  t.notMatch(warnings(unset).join(), 'hunter2')
  const indirect = fileOf(t, 'A=${gone}\nLANGFLOW_SUPERUSER=x${A}\nA=set\nLANGFLOW_LOG_LEVEL=info${gone:-}\n')
  t.match(warnings(indirect).filter(said => said.includes('${…}')), [/line 2: LANGFLOW_SUPERUSER refers/])
})
