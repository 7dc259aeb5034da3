import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import t, { type Test } from 'tap'
import { HOPS_MAX } from '../../src/policy/requests/forwarded.ts'
import { buildApp as build, PASSWORD } from '../helpers/app.ts'

type Headers = Record<string, string>

const PROXIES = { LANGFLOW_TRUSTED_PROXIES: '10.0.0.0/8,192.168.7.1,2001:db8:ffff::/48,::ffff:172.16.0.0/108' }

/** Returns the client address, scheme and host that the service determines for a request. */
async function buildApp (t: Test, env: Headers = PROXIES) {
  const built = await build(t, {
    env,
    prepare: app => app.get('/reached', { config: { requires: 'nothing' } },
      async ({ reached: { address, scheme, host } }) =>
        ({ address, scheme, host: host.port === '' ? host.name : `${host.name}:${host.port}` }))
  })
  const reach = async (headers: Headers, peer = '10.0.0.1') =>
    (await built.app.inject({ url: '/reached', remoteAddress: peer, headers: { host: 'flow.example', ...headers } }))
      .json<{ address?: string, scheme: string, host: string }>()
  const warnings = () => built.logs.map(line => JSON.parse(line)).filter(({ problem }) => problem !== undefined)
  return { ...built, reach, warnings }
}

t.test('every notation of an address is parsed, and ports are ignored', async t => {
  const { reach, warnings } = await buildApp(t)
  const spellings: Array<[string, string]> = [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:50123', '203.0.113.9'],
    ['"203.0.113.9:50123"', '203.0.113.9'],
    ['  203.0.113.9\t', '203.0.113.9'],
    ['203.0.113.9, , ', '203.0.113.9'],
    ['2001:DB8::0:9', '2001:db8::9'],
    ['[2001:db8::9]', '2001:db8::9'],
    ['[2001:db8::9]:50123', '2001:db8::9'],
    ['"[2001:db8::9]:50123"', '2001:db8::9'],
    ['fe80::9%eth0', 'fe80::9'],
    ['[fe80::9%25eth0]:50123', 'fe80::9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9:50123', '203.0.113.9'],
    ['[::ffff:cb00:7109]:50123', '203.0.113.9']
  ]
  for (const [text, address] of spellings) {
    t.equal((await reach({ 'x-forwarded-for': text })).address, address, text)
  }
  t.strictSame(warnings(), [])
})

t.test('the client is the rightmost address that is not a trusted proxy', async t => {
  const { reach } = await buildApp(t)
  const lists: Array<[string, string]> = [
    ['198.51.100.66, 203.0.113.9', '203.0.113.9'],
    ['198.51.100.66, 203.0.113.9, 10.9.9.9, 192.168.7.1', '203.0.113.9'],
    ['203.0.113.9, ::ffff:10.9.9.9', '203.0.113.9'],
    ['203.0.113.9, [2001:db8:ffff:1::2]:443, 172.31.0.4:80', '203.0.113.9'],
    ['203.0.113.9, 192.168.7.2', '192.168.7.2'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1']
  ]
  for (const [list, address] of lists) t.equal((await reach({ 'x-forwarded-for': list })).address, address, list)
  t.equal((await reach({ 'x-forwarded-for': '203.0.113.9' }, '::ffff:10.0.0.1')).address, '203.0.113.9')
  t.strictSame(await reach({
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=203.0.113.9'
  }, '192.0.2.66'), { address: '192.0.2.66', scheme: 'http', host: 'flow.example' }, 'other sources are not trusted')
})

t.test('scheme, host and port are those of the hop of the client', async t => {
  const { reach } = await buildApp(t)
  const rows: Array<[forwardedFor: string, values: string, expected: string]> = [
    ['203.0.113.9', 'https', 'https'],
    ['203.0.113.9, 10.0.0.2', 'https, http', 'https'],
    ['203.0.113.9, 10.0.0.2', 'http,https', 'http'],
    ['203.0.113.9, 10.0.0.2, 10.0.0.3', 'HTTPS', 'https'],
    ['203.0.113.9, 10.0.0.2, 10.0.0.3', 'https, http', 'https'],
    ['203.0.113.9', 'http, https', 'https'],
    ['198.51.100.66, 203.0.113.9, 10.0.0.2', 'http, https, http', 'https'],
    ['', 'http, https', 'https'],
    ['unknown, 10.0.0.2', 'https, http', 'https'],
    ['203.0.113.9', 'gopher', 'http'],
    ['203.0.113.9', '', 'http']
  ]
  for (const [list, values, scheme] of rows) {
    const headers: Headers = { 'x-forwarded-proto': values, ...(list === '' ? {} : { 'x-forwarded-for': list }) }
    t.equal((await reach(headers)).scheme, scheme, `${list} with ${values}`)
  }
  const hosts: Array<[Headers, string]> = [
    [{ 'x-forwarded-host': 'site.example' }, 'site.example'],
    [{ 'x-forwarded-host': 'site.example, inner' }, 'site.example'],
    [{ 'x-forwarded-host': '[2001:db8::1]:8443' }, '[2001:db8::1]:8443'],
    [{ 'x-forwarded-host': 'site.example', 'x-forwarded-port': '8443, 80' }, 'site.example:8443'],
    [{ 'x-forwarded-port': '8443' }, 'flow.example:8443'],
    [{ 'x-forwarded-port': '443' }, 'flow.example'],
    [{ host: 'flow.example:7860', 'x-forwarded-port': '443' }, 'flow.example:443'],
    [{ 'x-forwarded-port': '99999' }, 'flow.example'],
    [{ 'x-forwarded-host': 'bad host/' }, 'flow.example'],
    [{ forwarded: 'for=203.0.113.9;host="site.example:8443"' }, 'site.example:8443']
  ]
  for (const [headers, host] of hosts) {
    const answer = await reach({ 'x-forwarded-for': '203.0.113.9, 10.0.0.2', ...headers })
    t.equal(answer.host, host, JSON.stringify(headers))
  }
})

t.test('Forwarded (RFC 7239) is read if X-Forwarded-For is absent', async t => {
  const { reach, warnings } = await buildApp(t)
  const rows: Array<[string, string, string]> = [
    ['for=203.0.113.9;proto=https', '203.0.113.9', 'https'],
    ['For="203.0.113.9:4711" ; PROTO="https"', '203.0.113.9', 'https'],
    ['for="[2001:db8::9]:4711";proto=https', '2001:db8::9', 'https'],
    ['for=203.0.113.9;proto=https, for=10.0.0.2;proto=http', '203.0.113.9', 'https'],
    ['for=203.0.113.9;by="a,b;c\\"d";proto=https', '203.0.113.9', 'https'],
    ['for=198.51.100.66;proto=http,for=203.0.113.9;proto=https', '203.0.113.9', 'https']
  ]
  for (const [forwarded, address, scheme] of rows) {
    t.match(await reach({ forwarded }), { address, scheme }, forwarded)
  }
  t.strictSame(warnings(), [])
  for (const forwarded of ['for=unknown', 'for=_hidden', 'for="_gazonk:_p"', 'for=203.0.113.9, for=_hidden']) {
    t.equal((await reach({ forwarded })).address, '10.0.0.1', forwarded)
  }
  t.equal((await reach({ forwarded: 'for=_hidden, for=10.0.0.2' })).address, '10.0.0.2')
  const malformed = ['for="203.0.113.9', 'for=203.0.113.9;by=", for=198.51.100.7;by="x"', 'for=a;for=203.0.113.9']
  for (const forwarded of malformed) {
    t.equal((await reach({ forwarded })).address, '10.0.0.1', `malformed: ${forwarded}`)
  }
  t.equal((await reach({ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=198.51.100.66' })).address, '203.0.113.9')
  t.strictSame(warnings().map(({ problem }) => problem), ['address', 'syntax', 'disagreement'])
})

t.test('invalid addresses count as the proxy that sent them, with one warning per kind of error', async t => {
  const { reach, warnings } = await buildApp(t)
  const texts = ['unknown', '_hidden', '203.0.113', '203.0.113.9:port', '2001:db8::9::', '[2001:db8::9', '-', '0x7f.1',
    `"203.0.113.9${' '.repeat(200)}"`]
  for (const text of texts) {
    t.equal((await reach({ 'x-forwarded-for': `203.0.113.9, ${text}` })).address, '10.0.0.1', text)
    t.equal((await reach({ 'x-forwarded-for': `${text}, 10.0.0.7` })).address, '10.0.0.7', text)
  }
  const proxies = Array(HOPS_MAX + 5).fill('10.0.0.2').join(', ')
  t.equal((await reach({ 'x-forwarded-for': `203.0.113.9, ${proxies}` })).address, '10.0.0.2')
  await reach({ 'x-forwarded-proto': 'gopher' })
  await reach({ 'x-forwarded-host': 'bad host/' })
  await reach({ 'x-forwarded-port': 'x' })
  for (const prefix of ['/', '', '/langflow', '/other']) await reach({ 'x-forwarded-prefix': prefix })
  t.strictSame(warnings().map(({ problem }) => problem), ['address', 'hops', 'scheme', 'host', 'port', 'prefix'])
  t.ok(warnings().every(({ level, proxy }) => level === 40 && proxy === '10.0.0.1'))
})

t.test('clients behind a proxy that adds ports are counted by address', async t => {
  const { login, anonymous, form, db, as } = await buildApp(t, {
    LANGFLOW_TRUSTED_PROXIES: '127.0.0.1', LANGFLOW_RATE_LIMIT_ENABLED: 'true'
  })
  await as('ada')
  const guess = async (username: string, from: string, password = 'wrong wrong') => {
    const { payload, headers } = form({ username, password })
    return (await anonymous.post('/login', payload, { headers: { ...headers, 'x-forwarded-for': from } })).statusCode
  }
  for (let n = 1; n <= 24; n++) t.equal(await guess(`u${n}`, `[2001:db8:${n}::1]:${4000 + n}`), 401)
  t.equal(await guess('ada', '198.51.100.7:1', PASSWORD), 200)
  const row = await db.session.findFirst({ orderBy: { createdAt: 'desc' } })
  t.equal(row?.address, '198.51.100.7')
  for (let n = 1; n <= 5; n++) t.equal(await guess('bob', `203.0.113.9:${n}`, `wrong ${n}`), 401)
  t.equal(await guess('bob', '203.0.113.9:77'), 429)
  t.equal((await login('ada', PASSWORD)).statusCode, 200)
})

t.test('cookies are Secure if the outer proxy terminates TLS', async t => {
  const { anonymous, form, as } = await buildApp(t, { LANGFLOW_TRUSTED_PROXIES: '127.0.0.0/8' })
  await as('ada')
  const { payload, headers } = form({ username: 'ada', password: PASSWORD })
  const secures = async (more: Headers) => {
    const { cookies } = await anonymous.post('/login', payload, { headers: { ...headers, ...more } })
    return cookies.map(({ secure }) => secure === true)
  }
  const all = [true, true, true]
  t.strictSame(await secures({ 'x-forwarded-for': '203.0.113.9, 127.0.0.2', 'x-forwarded-proto': 'https,http' }), all)
  t.strictSame(await secures({ forwarded: 'for=203.0.113.9;proto=https' }), all)
  t.strictSame(await secures({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' }), [false, false, false])
})

t.test('on real connections, repeated headers are one list, and a Unix socket has no address', async t => {
  const { app } = await buildApp(t, { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' })
  const path = join(mkdtempSync(join(tmpdir(), 'flowgate-')), 'socket')
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const lines = ['GET /reached HTTP/1.1', 'host: flow.example', 'x-forwarded-for: 203.0.113.9:1',
      'x-forwarded-for: 127.0.0.1', 'x-forwarded-proto: https', 'x-forwarded-proto: http', 'connection: close', '', '']
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(lines.join('\r\n')))
    socket.on('data', bytes => { text += bytes.toString() }).on('end', () => resolve(text)).on('error', reject)
  })
  t.match(answer, '"address":"203.0.113.9","scheme":"https"')
  await app.close()

  const other = await buildApp(t, { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' })
  await other.app.listen({ path })
  const overSocket = (target: string, method = 'GET') => new Promise<string>((resolve, reject) => {
    const headers = { host: 'flow.example', 'x-forwarded-for': '203.0.113.9' }
    request({ socketPath: path, path: target, method, headers }, response => {
      let text = `${response.statusCode} `
      response.on('data', bytes => { text += bytes }).on('end', () => resolve(text))
    }).on('error', reject).end()
  })
  t.equal(await overSocket('/reached'), '200 {"scheme":"http","host":"flow.example"}')
  t.match(await overSocket('/api/v1/logout', 'POST'), /^200 /)
  t.match(await overSocket('/api/v1/users/whoami'), /^403 /)
})
