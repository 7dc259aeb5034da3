import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { ADMIN } from '../helpers/app.ts'
import { type Env, runCli, temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { makeCertificate } from '../helpers/tls.ts'

type Finding = { level: 'ok' | 'warn' | 'fail', subject: string, says: string, fix?: string }

async function ask (t: Test, env: Env, cwd?: string) {
  const { code, stdout, stderr } = await runCli(t, ['doctor', '--json'], env, { cwd })
  t.equal(stderr, '')
  const { findings, settings }: {
    findings: Finding[], settings: Array<{
      name: string, value: string | null,
      source: string
    }>
  } = JSON.parse(stdout)
  for (const { level, subject, fix } of findings) t.equal(fix !== undefined, level !== 'ok', `${subject} has a remedy`)
  const at = (level: Finding['level']) => findings.filter(each => each.level === level).map(({ subject }) => subject)
  return { code, findings, settings, warned: at('warn'), failed: at('fail'), text: stdout }
}

t.test('default installation: names what is unsafe, creates nothing, and checks a running server', async t => {
  const cwd = temporaryFolder(t)
  const fresh = await ask(t, {}, cwd)
  t.equal(fresh.code, 0)
  t.strictSame(fresh.warned, ['LANGFLOW_AUTO_LOGIN', 'LANGFLOW_SUPERUSER_PASSWORD'])
  t.notOk(existsSync(join(cwd, '.flowgate')), 'neither a database nor a key is created')

  const env = { LANGFLOW_PASSWORD_MEMORY_KIB: '8192' }
  const server = await startServer(t, {
    env: {
      ...env, LANGFLOW_AUTO_LOGIN: undefined, LANGFLOW_SUPERUSER: undefined,
      LANGFLOW_SUPERUSER_PASSWORD: undefined, LANGFLOW_SECRET_KEY: undefined, LANGFLOW_RATE_LIMIT_ENABLED: undefined
    }, cwd
  })
  const running = await ask(t, env, cwd)
  await server.stop()
  chmodSync(join(cwd, '.flowgate/secret_key'), 0o644)
  const stopped = await ask(t, env, cwd)
  for (const { findings } of [running, stopped]) {
    for (const subject of ['database', 'canary', 'migrations', 'accounts', 'limits']) {
      t.match(findings.find(each => each.subject === subject), { level: 'ok' }, subject)
    }
  }
})

t.test('secured server: no warnings, and each unsafe setting is named', async t => {
  const { cert, key } = makeCertificate(t)
  const cwd = temporaryFolder(t)
  const secret = generateSecretKey()
  const env = {
    ...serverEnv, LANGFLOW_HOST: '0.0.0.0', LANGFLOW_SECRET_KEY: secret, LANGFLOW_RATE_LIMIT_ENABLED: 'true',
    LANGFLOW_PORT: '7860'
  }
  const served = { ...env, LANGFLOW_HOST: '127.0.0.1', LANGFLOW_PORT: '0' }
  await (await startServer(t, { env: served, cwd })).stop()

  const proxied = await ask(t, { ...env, LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' }, cwd)
  t.strictSame([proxied.code, proxied.warned, proxied.failed], [0, [], []])
  t.match(proxied.settings.find(({ name }) => name === 'LANGFLOW_SECRET_KEY'), {
    value: '********',
    source: 'environment'
  })
  for (const text of [secret, ADMIN.password]) t.notOk(proxied.text.includes(text))

  const tls = await ask(t, { ...env, LANGFLOW_SSL_CERT_FILE: cert, LANGFLOW_SSL_KEY_FILE: key }, cwd)
  t.match(tls.findings.find(({ subject }) => subject === 'LANGFLOW_SSL_CERT_FILE'), { level: 'warn', says: /expires in 1 days/ })

  for (const [more, subject, level] of [
    [{}, 'transport', 'warn'],
    [{ LANGFLOW_RATE_LIMIT_ENABLED: 'false' }, 'LANGFLOW_RATE_LIMIT_ENABLED', 'warn'],
    [{ LANGFLOW_TRUSTED_PROXIES: '0.0.0.0/1' }, 'LANGFLOW_TRUSTED_PROXIES', 'warn'],
    [{ LANGFLOW_ACCESS_HTTPONLY: 'false' }, 'LANGFLOW_ACCESS_HTTPONLY', 'warn'],
    [{ LANGFLOW_REFRESH_SECURE: 'false' }, 'LANGFLOW_REFRESH_SECURE', 'warn'],
    [{ LANGFLOW_SSL_CERT_FILE: key, LANGFLOW_SSL_KEY_FILE: key }, 'LANGFLOW_SSL_CERT_FILE', 'fail'],
    [{ LANGFLOW_SECRET_KEY: generateSecretKey() }, 'LANGFLOW_SECRET_KEY', 'fail'],
    [{ LANGFLOW_RATE_LIMIT_STORAGE_URI: 'redis://127.0.0.1:1', LANGFLOW_DATABASE_CONNECT_SECONDS: '1' }, 'LANGFLOW_RATE_LIMIT_STORAGE_URI', 'fail']
  ] as Array<[Env, string, 'warn' | 'fail']>) {
    const { code, findings } = await ask(t, { ...env, ...more }, cwd)
    t.ok(findings.some(each => each.subject === subject && each.level === level), `${level} ${subject}`)
    t.equal(code, level === 'fail' ? 1 : 0)
  }
  t.match(await ask(t, { ...env, LANGFLOW_SUPERUSER_PASSWORD: 'langflow' }), {
    code: 78,
    failed: ['LANGFLOW_SUPERUSER_PASSWORD']
  })
})

t.test('two replicas on PostgreSQL: room, clock, shared key and limits', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const secret = generateSecretKey()
  const env = {
    ...serverEnv, LANGFLOW_DATABASE_URL: url, LANGFLOW_SECRET_KEY: secret, LANGFLOW_RATE_LIMIT_ENABLED: 'true'
  }
  const before = await ask(t, env)
  t.match(before.findings.find(({ subject }) => subject === 'migrations'), { level: 'warn', fix: /flowgate migrate deploy/ })
  const replicas = await Promise.all([startServer(t, { env }), startServer(t, { env })])

  const { code, findings, failed } = await ask(t, env)
  t.equal(code, 0)
  t.strictSame(failed, [])
  const of = (subject: string) => findings.find(each => each.subject === subject)
  t.match(of('connections'), { level: 'ok', says: /enough for \d+ replicas/ })
  t.match(of('clock'), { level: 'ok' })
  t.match(of('limits'), { says: /shared by all replicas/ })
  t.match(of('replicas'), { level: 'ok', says: /any number/ })
  t.match(findings.find(({ says }) => says.startsWith('fsync is off')), { level: 'warn' },
    'the test server has fsync off')

  const other = await ask(t, { ...env, LANGFLOW_SECRET_KEY: generateSecretKey() })
  t.strictSame([other.code, other.failed], [1, ['LANGFLOW_SECRET_KEY']], 'a replica with another key is refused')
  const keyless = await ask(t, { ...env, LANGFLOW_SECRET_KEY: undefined })
  t.ok(keyless.warned.includes('replicas'), 'a generated key serves one replica')
  const crowded = await ask(t, { ...env, LANGFLOW_DATABASE_POOL_SIZE: '150' })
  t.ok(crowded.warned.includes('connections'))
  const gone = await ask(t, { ...env, LANGFLOW_DATABASE_URL: 'postgresql://flowgate@127.0.0.1:1/none', LANGFLOW_DATABASE_CONNECT_SECONDS: '1' })
  t.strictSame([gone.code, gone.failed], [1, ['LANGFLOW_DATABASE_URL']])
  for (const replica of replicas) await replica.stop()
})

t.test('the public URL is shown, and compared with what the server accepts', async t => {
  const { cert, key } = makeCertificate(t)
  const cwd = temporaryFolder(t)
  const tls = { LANGFLOW_SSL_CERT_FILE: cert, LANGFLOW_SSL_KEY_FILE: key }
  const proxy = { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' }
  const [https, http] = ['https://example.org/flowgate', 'http://example.org']
  const rows: Array<[url: string, more: Env, level: Finding['level'], says: string]> = [
    [https, {}, 'warn', 'no certificate'],
    [https, proxy, 'ok', https],
    [https, tls, 'ok', https],
    [http, tls, 'warn', 'accepts only https'],
    ['http://localhost:9000', {}, 'ok', 'http://localhost:9000']
  ]
  for (const [url, more, level, says] of rows) {
    const env = { ...serverEnv, LANGFLOW_PORT: '7860', LANGFLOW_PUBLIC_URL: url, ...more }
    const { findings } = await ask(t, env, cwd)
    const subject = level === 'ok' ? 'public URL' : 'LANGFLOW_PUBLIC_URL'
    t.ok(findings.some(found => found.level === level && found.subject === subject && found.says.includes(says)), says)
    t.notOk(findings.some(found => found.subject === 'transport' && found.level === 'warn'), 'no second finding')
  }
  const unset = await ask(t, { ...serverEnv, LANGFLOW_PORT: '7860' }, cwd)
  t.notOk(unset.findings.some(({ subject }) => /public/i.test(subject)))
})
