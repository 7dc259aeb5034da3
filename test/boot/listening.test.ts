import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t from 'tap'
import { reservePorts } from '../../src/system/reserved-ports.ts'
import { CHECK_EVERY_MS, renewTls } from '../../src/system/tls.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { serverEnv, startServer } from '../helpers/server.ts'
import { makeCertificate } from '../helpers/tls.ts'

const hasIPv6 = Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1'))

const limits = { timeout: 240_000 }

t.test('the server listens on every form of an address, and `flowgate health` reaches it', limits, async t => {
  const { cert, key } = makeCertificate(t)
  const home = join(temporaryFolder(t), 'home')
  const cases: Array<Record<string, string>> = [
    { LANGFLOW_HOST: '127.0.0.2' }, { LANGFLOW_HOST: 'localhost' }, { LANGFLOW_HOST: '0.0.0.0' },
    { LANGFLOW_SSL_CERT_FILE: cert, LANGFLOW_SSL_KEY_FILE: key },
    ...(hasIPv6 ? [{ LANGFLOW_HOST: '::1' }, { LANGFLOW_HOST: '::' }] : [])
  ]
  for (const env of cases) {
    const { url, stop } = await startServer(t, { env: { ...env, LANGFLOW_CONFIG_DIR: home } })
    const settings = { ...serverEnv, ...env, LANGFLOW_PORT: new URL(url).port }
    const up = await runCli(t, ['health'], settings)
    t.match(up, { code: 0, stdout: 'ready\n' }, `${Object.keys(env)} ${url}`)
    t.equal(await stop(), 0)
    const down = await runCli(t, ['health'], settings)
    t.match(down, { code: 1, stderr: /^no response: connection refused \(ECONNREFUSED\)\n$/ })
  }
})

t.test('`flowgate health` fails within its timeout when the server does not respond', limits, async t => {
  const silent = createServer(() => {})
  await new Promise<void>(resolve => { silent.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => silent.close())
  const address = silent.address()
  const port = String(typeof address === 'object' && address ? address.port : 0)
  const since = Date.now()
  const { code, stderr } = await runCli(t, ['health', '--port', port, '--timeout', '1'], serverEnv)
  t.equal(code, 1)
  t.match(stderr, /^no response: timeout after 1 s\n$/)
  t.ok(Date.now() - since < 5000)
  for (const timeout of ['0', '61', 'soon', '1.5']) {
    const wrong = await runCli(t, ['health', '--timeout', timeout], serverEnv)
    t.equal(wrong.code, 2)
    t.match(wrong.stderr, /integer from 1 to 60/)
  }
})

t.test('an address on which the server cannot listen is named with its setting and the reason', limits, async t => {
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ LANGFLOW_HOST: '192.0.2.1' }, /LANGFLOW_HOST: cannot listen on 192\.0\.2\.1, port 0: .*\(EADDRNOTAVAIL\)/],
    [{ LANGFLOW_HOST: 'no-such-host.invalid' }, /LANGFLOW_HOST: cannot listen on .*(ENOTFOUND|EAI_AGAIN)\)/],
    [{ LANGFLOW_HOST: '2001:db8::1' }, /LANGFLOW_HOST: cannot listen on .*\((EADDRNOTAVAIL|EAFNOSUPPORT)\)/]
  ]
  for (const [env, said] of cases) {
    const { code, stderr } = await runCli(t, ['run'], { ...serverEnv, ...env })
    t.equal(code, 1)
    t.match(stderr, said)
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('a port in use is found before anything is written, with its number and the remedy', limits, async t => {
  const other = createServer(() => {})
  await new Promise<void>(resolve => { other.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo // the address of a TCP server
  const home = join(temporaryFolder(t), 'home')
  for (const [env, setting] of [
    [{ LANGFLOW_PORT: String(port) }, 'LANGFLOW_PORT'],
    [{ LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_PROMETHEUS_PORT: String(port) }, 'LANGFLOW_PROMETHEUS_PORT']
  ] as Array<[Record<string, string>, string]>) {
    const { code, stderr } = await runCli(t, ['run'], { ...serverEnv, ...env, LANGFLOW_CONFIG_DIR: home })
    t.equal(code, 1)
    t.match(stderr, `${setting}: port ${port} on 127.0.0.1 is already in use`)
    t.match(stderr, `choose another port, e.g. ${setting}=${port + 1}`)
    t.notOk(existsSync(home), 'neither a folder nor a key nor a database')
  }
})

t.test('the ports are held while the server boots, and no request is read', limits, async t => {
  const probe = createServer()
  await new Promise<void>(resolve => { probe.listen(0, '127.0.0.1', resolve) })
  const { port } = probe.address() as AddressInfo // the address of a TCP server
  await new Promise(resolve => { probe.close(resolve) })
  const address = { host: '127.0.0.1', port, hostSetting: 'LANGFLOW_HOST', portSetting: 'LANGFLOW_PORT' }
  const { release } = await reservePorts([address])
  await t.rejects(fetch(`http://127.0.0.1:${port}/livez`), { cause: { code: 'ECONNRESET' } })
  await t.rejects(reservePorts([address]), { exitCode: 1, message: /is already in use/ })
  await release()
  const next = createServer()
  await new Promise<void>(resolve => { next.listen(port, '127.0.0.1', resolve) })
  next.close()
})

t.test('a renewed certificate is served after SIGHUP, and a broken one is not', limits, async t => {
  const [first, second] = [makeCertificate(t), makeCertificate(t)]
  const folder = temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const install = (pair: { cert: string, key: string }) => {
    copyFileSync(pair.cert, `${cert}.new`)
    copyFileSync(pair.key, `${key}.new`)
    renameSync(`${cert}.new`, cert)
    renameSync(`${key}.new`, key)
  }
  install(first)
  const { url, child, logs, stop } = await startServer(t, {
    env: { LANGFLOW_SSL_CERT_FILE: cert, LANGFLOW_SSL_KEY_FILE: key }
  })
  const serial = () => new Promise<string>((resolve, reject) => {
    request(`${url}/livez`, { rejectUnauthorized: false, agent: false }, response => {
      resolve((response.socket as TLSSocket).getPeerCertificate().serialNumber)
      response.resume()
    }).on('error', reject).end()
  })
  const hangUp = async (said: string) => {
    const before = logs().split(said).length
    child.kill('SIGHUP')
    for (let tries = 0; tries < 200 && logs().split(said).length === before; tries++) await sleep(20)
    t.not(logs().split(said).length, before, said)
  }
  const before = await serial()
  install(second)
  t.equal(await serial(), before, 'not before SIGHUP')
  await hangUp('certificate reloaded')
  const renewed = await serial()
  t.not(renewed, before)

  writeFileSync(cert, 'no certificate')
  await hangUp('failed to reload the certificate')
  t.equal(await serial(), renewed, 'the working certificate stays in use')
  install({ cert: first.cert, key: second.key })
  await hangUp('failed to reload the certificate')
  t.equal(await serial(), renewed, 'also while only one of the two files is new')
  install(first)
  await hangUp('certificate reloaded')
  t.equal(await serial(), before)
  t.equal(await stop(), 0)
})

t.test('changed files are found without a signal, and unreadable files do not end the server', limits, async t => {
  t.equal(CHECK_EVERY_MS, 60_000)
  const [first, second] = [makeCertificate(t), makeCertificate(t)]
  const folder = temporaryFolder(t)
  const paths = { sslCertFile: join(folder, 'live', 'cert.pem'), sslKeyFile: join(folder, 'live', 'key.pem') }
  const install = (pair: { cert: string, key: string }) => {
    copyFileSync(pair.cert, paths.sslCertFile)
    copyFileSync(pair.key, paths.sslKeyFile)
  }
  mkdirSync(join(folder, 'live'))
  install(first)
  const server = createTlsServer({ cert: readFileSync(first.cert), key: readFileSync(first.key) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => server.close())
  const seen = { renewed: 0, failed: 0 }
  const { stop } = renewTls(server, paths, {
    onRenewed: () => { seen.renewed++ }, onError: () => { seen.failed++ }, checkEveryMs: 50
  })
  t.teardown(stop)
  await sleep(200)
  t.strictSame(seen, { renewed: 0, failed: 0 }, 'unchanged files are not read')
  renameSync(join(folder, 'live'), join(folder, 'away'))
  writeFileSync(join(folder, 'live'), 'a file in place of the folder') // ENOTDIR instead of ENOENT
  await sleep(200)
  t.ok(seen.failed > 0)
  rmSync(join(folder, 'live'))
  mkdirSync(join(folder, 'live'))
  install(second)
  await sleep(200)
  t.ok(seen.renewed > 0)
})
