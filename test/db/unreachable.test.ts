import { createServer } from 'node:net'
import { chmodSync, chownSync, copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { freePort, startPostgres } from '../../scripts/postgres.mjs'
import { runCli, startCli, temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { serverEnv } from '../helpers/server.ts'
import { makeCertificate } from '../helpers/tls.ts'

const limits = { ...needsPostgres, timeout: 240_000 }

/** Upper limit for the duration of these failures. */
const WAIT_SECONDS = '30'

/** Boots with an unusable database. @returns the output and the duration */
async function refusedBy (t: Test, url: string, { seconds = WAIT_SECONDS, exitCode = 1 } = {}) {
  const since = Date.now()
  const { code, stderr, stdout } = await runCli(t, ['run'], {
    ...serverEnv, LANGFLOW_DATABASE_URL: url, LANGFLOW_DATABASE_CONNECT_SECONDS: seconds
  })
  t.equal(code, exitCode)
  t.notMatch(stdout + stderr, /hush/, 'the password is not told')
  t.notMatch(stderr, /\n\s+at |\(node:\d+\)/, 'no stack, no raw warning of Node')
  return { said: stderr, ms: Date.now() - since }
}

t.test('a certificate that cannot be verified is reported immediately, with a remedy', limits, async t => {
  const { cert, key } = makeCertificate(t)
  const folder = temporaryFolder(t)
  const [ownCert, ownKey] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  copyFileSync(cert, ownCert)
  copyFileSync(key, ownKey)
  chmodSync(folder, 0o755)
  chmodSync(ownKey, 0o600)
  if (process.getuid?.() === 0) {
    const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })))
    for (const path of [ownCert, ownKey]) chownSync(path, uid ?? 0, gid ?? 0)
  }
  const server = await startPostgres({ settings: { ssl: 'on', ssl_cert_file: ownCert, ssl_key_file: ownKey } })
  if (!server) throw new Error('PostgreSQL is not installed')
  t.teardown(server.stop)

  const missing = join(folder, 'missing.crt')
  const cases: Array<[string, RegExp]> = [
    ['sslmode=require',
      /self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)\n.*sslrootcert=PATH.*no-verify.*uselibpqcompat/],
    ['sslmode=verify-ca', /DEPTH_ZERO_SELF_SIGNED_CERT/],
    [`sslmode=verify-full&sslrootcert=${missing}`, new RegExp(`sslrootcert: the file ${missing} cannot be read: no such file`)],
    [`sslmode=require&sslcert=${folder}`, new RegExp(`sslcert: the file ${folder} cannot be read: .*directory`)],
    [`sslmode=verify-full&sslrootcert=${key}`, /DEPTH_ZERO_SELF_SIGNED_CERT|sslrootcert|SSL/]
  ]
  for (const [query, said] of cases) {
    const { said: found, ms } = await refusedBy(t, `${server.url}?${query}`, { exitCode: /sslrootcert: |sslcert: /.test(said.source) ? 78 : 1 })
    t.match(found, said, query)
    t.ok(ms < 10_000, `${ms} ms`)
  }
  const other = server.url.replace('127.0.0.1', 'localhost')
  const { said } = await refusedBy(t, `${other}?sslmode=verify-full&sslrootcert=${cert}`)
  t.match(said, /ERR_TLS_CERT_ALTNAME_INVALID\)?[^]*host name from the certificate/)

  const usable = ['sslmode=no-verify', 'sslmode=require&uselibpqcompat=true', `sslmode=verify-full&sslrootcert=${cert}`,
    `sslrootcert=${cert}`, `sslmode=verify-ca&sslrootcert=${cert}`]
  for (const query of usable) {
    const { stdout, stderr, code } = await runCli(t, ['doctor'], {
      ...serverEnv, LANGFLOW_DATABASE_URL: `${server.url}?${query}`
    })
    t.equal(code, 0, query)
    t.match(stdout, /database +PostgreSQL at .* responds in/)
    t.equal(stderr, '', 'no warning of the driver')
  }
})

t.test('errors of PostgreSQL end the boot immediately, with the matching remedy', limits, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const name = new URL(url).pathname.slice(1)
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  t.teardown(() => admin.end())
  await admin.query(`CREATE ROLE ${name}_out NOLOGIN; CREATE ROLE ${name}_closed LOGIN;
    REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`)
  t.teardown(() => admin.query(`DROP ROLE ${name}_out; DROP ROLE ${name}_closed`))
  const as = (role: string) => url.replace('//flowgate@', `//${role}:hush@`)
  const cases: Array<[string, RegExp]> = [
    [url.replace(name, 'nothing_there'), /database "nothing_there" does not exist \(3D000\)\n.*CREATE DATABASE "nothing_there"/],
    [as('stranger'), /role "stranger" does not exist \(28000\)\n.*user name/],
    [as(`${name}_out`), /is not permitted to log in \(28000\)/],
    [as(`${name}_closed`), /permission denied for database .* \(42501\)\n.*GRANT CONNECT/],
    [`${url}?sslmode=require`, /does not support SSL connections\n.*sslmode=disable/],
    [`${url}?options=-c%20no_such_setting%3D1`, /no_such_setting.*\(42704\)\n.*options/]
  ]
  for (const [target, said] of cases) {
    const { said: found, ms } = await refusedBy(t, target)
    t.match(found, said)
    t.ok(ms < 10_000, `${ms} ms`)
  }
})

t.test('temporary errors are retried, then reported', { timeout: 240_000 }, async t => {
  const silent = createServer(socket => { socket.on('error', () => {}) })
  await new Promise<void>(resolve => { silent.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => silent.close())
  const address = silent.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'socket'))
  const cases: Array<[string, RegExp]> = [
    [`postgresql://ada:hush@127.0.0.1:${await freePort()}/x`, /connection refused \(ECONNREFUSED\)\n.*listens on this address/],
    ['postgresql://ada:hush@no-such-host.invalid/x', /no-such-host\.invalid:5432.*(ENOTFOUND|EAI_AGAIN)\)\n.*host name/],
    [`postgresql://ada:hush@127.0.0.1:${port}/x`, /timed out\n.*firewall/],
    [`postgresql:///x?user=ada&password=hush&host=${folder}/socket`, /socket\/\.s\.PGSQL\.5432.*no such file or directory \(ENOENT\)/]
  ]
  for (const [url, said] of cases) t.match((await refusedBy(t, url, { seconds: '2' })).said, said)
})

t.test('a server that starts while the boot waits is used', limits, async t => {
  const port = await freePort()
  const url = `postgresql://flowgate@127.0.0.1:${port}/postgres`
  const { output, child } = startCli(t, ['run'], { ...serverEnv, LANGFLOW_DATABASE_URL: url })
  const server = await startPostgres({ port })
  if (!server) throw new Error('PostgreSQL is not installed')
  t.teardown(server.stop)
  while (!/"url":"http/.test(output.stdout)) {
    if (child.exitCode !== null) throw new Error(output.stderr)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.pass('it serves')
})

/** A server that requires a password for the role `ada` and a certificate for the role `bea`. */
async function startGuarded (t: Test) {
  const folder = temporaryFolder(t)
  const names = ['cert', 'key', 'own-cert', 'own-key']
  const paths = Object.fromEntries(names.map(name => [name, join(folder, `${name}.pem`)]))
  const make = (key = '', cert = '', subject = '') => execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key,
    '-out', cert, '-days', '2', '-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'
  ], { stdio: 'ignore' })
  make(paths['own-key'], paths['own-cert'], '/CN=127.0.0.1')
  make(paths['key'], paths['cert'], '/CN=bea')
  const server = await startPostgres()
  if (!server) throw new Error('PostgreSQL is not installed')
  const data = join(server.folder, 'data')
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  t.teardown(async () => {
    await admin.end()
    await server.stop()
  })
  await admin.query(`CREATE ROLE ada LOGIN PASSWORD 'hush/hush#1'; CREATE ROLE bea LOGIN;
    GRANT CREATE ON SCHEMA public TO ada; CREATE SCHEMA bea AUTHORIZATION bea`)
  const owner = statSync(data)
  for (const [from, to] of [['own-cert', 'server.crt'], ['own-key', 'server.key'], ['cert', 'ca.crt']] as const) {
    copyFileSync(paths[from] ?? '', join(data, to))
    chmodSync(join(data, to), 0o600)
    if (process.getuid?.() === 0) chownSync(join(data, to), owner.uid, owner.gid)
  }
  writeFileSync(join(data, 'pg_hba.conf'), `host all ada 127.0.0.1/32 scram-sha-256
hostssl all bea 127.0.0.1/32 cert
host all flowgate 127.0.0.1/32 trust\n`)
  await admin.query("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'")
  await admin.query('ALTER SYSTEM SET ssl = on')
  await admin.query('SELECT pg_reload_conf()')
  return { urlOf: (user: string) => server.url.replace('flowgate@', `${user}@`), paths }
}

t.test('a password and a client certificate reach the server, on every path to the database', limits, async t => {
  const { urlOf, paths } = await startGuarded(t)
  const tls = `sslmode=verify-full&sslrootcert=${paths['own-cert']}`
  const right = [urlOf('ada:hush%2Fhush%231'), `${urlOf('ada:hush%2Fhush%231')}?${tls}`,
    `${urlOf('bea')}?${tls}&sslcert=${paths['cert']}&sslkey=${paths['key']}&schema=bea`]
  for (const url of right) {
    const env = { ...serverEnv, LANGFLOW_DATABASE_URL: url }
    const deployed = await runCli(t, ['migrate', 'deploy'], env)
    t.equal(deployed.code, 0, deployed.stderr)
    t.match(await runCli(t, ['doctor'], env), { code: 0, stdout: /migrations +all \d+ are applied/ })
    if (url === right[0]) continue
    const owned = await runCli(t, ['users', 'list'], env)
    t.equal(owned.code, 0, owned.stderr)
  }
  const wrong: Array<[string, RegExp]> = [
    [urlOf('ada:hush'), /password authentication failed for user "ada" \(28P01\)\n.*percent-encoded/],
    [urlOf('ada'), /password must be a string\n.*requires a password/],
    [`${urlOf('bea')}?${tls}`, /certificate/]
  ]
  for (const [url, said] of wrong) {
    const { said: found, ms } = await refusedBy(t, url)
    t.match(found, said)
    t.ok(ms < 10_000, `${ms} ms`)
  }
})
