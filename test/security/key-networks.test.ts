import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { readNetwork } from '../../src/policy/requests/cidr.ts'
import { sendFrom } from '../helpers/addresses.ts'
import { buildApp, type TestOptions } from '../helpers/app.ts'
import { INVALID, VALID } from '../helpers/network-spellings.ts'

const as = (remoteAddress: string, key: string, headers: Record<string, string> = {}) =>
  ({ url: '/api/v1/users/whoami', remoteAddress, headers: { 'x-api-key': key, ...headers } })

async function start (t: Test, options: TestOptions = {}) {
  const built = await buildApp(t, options)
  const ada = await built.as('ada')
  const { id, api_key: key } = (await ada.post('/api_key/', { allowed_networks: ['203.0.113.0/24'] })).json()
  /** Restricts the key. */
  const restrict = (...networks: string[]) => ada.patch(`/api_key/${id}`, { allowed_networks: networks })
  /** The status of a request, when the key is read from the database and when it is remembered. */
  const statusFrom = async (address: string, headers: Record<string, string> = {}) => {
    const twice = [await built.app.inject(as(address, key, headers)), await built.app.inject(as(address, key, headers))]
    const [first, second] = twice.map(({ statusCode }) => statusCode)
    return first === second ? first : `${first}, then ${second}`
  }
  return { ...built, ada, id, key, restrict, statusFrom }
}

t.test('more than 200 spellings of networks are accepted in one spelling, or refused with a reason', async t => {
  t.ok(VALID.length + INVALID.length > 200)
  const { ada, restrict } = await start(t)
  for (const [text, network = text] of VALID) {
    t.strictSame(readNetwork(text), { network }, text)
    t.strictSame(readNetwork(network), { network }, 'its canonical spelling is stable')
    const response = await restrict(text)
    t.match([response.statusCode, response.json().allowed_networks], [200, [network]], text)
  }
  for (const [text, problem] of INVALID) {
    const response = await restrict('192.0.2.0/24', text)
    t.equal(response.statusCode, 422, JSON.stringify(text))
    t.match(response.json().detail, [{ loc: ['body', 'allowed_networks', 1], msg: problem }], JSON.stringify(text))
  }
  const many = Array.from({ length: 33 }, (_, n) => `192.0.2.${n}`)
  t.match((await restrict(...many.slice(1))).json(), { allowed_networks: { length: 32 } })
  const unfit = [many, [], ['0'.repeat(65)], [1], [null], [['192.0.2.0/24']], '192.0.2.0/24', {}]
  for (const networks of unfit) {
    t.equal((await ada.post('/api_key/', { allowed_networks: networks })).statusCode, 422, JSON.stringify(networks))
  }
  const repeated = await restrict('10.0.0.0/8', '::ffff:10.0.0.0/104', '10.0.0.0/8', '2001:DB8::/32', '2001:db8::/32')
  t.strictSame(repeated.json().allowed_networks, ['10.0.0.0/8', '2001:db8::/32'])
})

t.test('a key is accepted from the addresses that PostgreSQL finds in its networks, and from no other', async t => {
  const { db, restrict, statusFrom } = await start(t)
  const read = async (network: string) => {
    const [row] = await db.$queryRaw<Array<Record<'text' | 'first' | 'last' | 'before' | 'after', string | null>>>`
      WITH n AS (SELECT ${network}::cidr AS n),
      e AS (SELECT n, host(n)::inet AS first, host(broadcast(n))::inet AS last FROM n)
      SELECT text(n) AS text, host(first) AS first, host(last) AS last,
        CASE WHEN first NOT IN ('0.0.0.0', '::') THEN host(first - 1) END AS before,
        CASE WHEN last NOT IN ('255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff') THEN host(last + 1) END AS after
      FROM e`
    return row
  }
  for (const [text, network = text] of VALID) {
    const row = await read(network)
    if (!row?.first || !row.last) throw new Error(network)
    const { first, last, before, after } = row
    t.equal(row.text, network)
    await restrict(text)
    t.strictSame([await statusFrom(first), await statusFrom(last)], [200, 200], `${text}: ${first} and ${last}`)
    for (const outside of [before, after]) {
      if (outside) t.equal(await statusFrom(outside), 403, `${text}: ${outside}`)
    }
    const isIPv4 = !network.includes(':')
    t.equal(await statusFrom(isIPv4 ? '2001:db8::1' : '192.0.2.1'), 403, `${text}: the other version of IP`)
    if (!isIPv4) continue
    t.equal(await statusFrom(`::ffff:${first}`), 200, `${text}: IPv4-mapped ${first}`)
    if (after) t.equal(await statusFrom(`::FFFF:${after}`), 403, `${text}: IPv4-mapped ${after}`)
  }
})

t.test('behind a trusted proxy the address is the client\'s, and a forged header changes nothing', async t => {
  const env = { LANGFLOW_TRUSTED_PROXIES: '198.51.100.1,10.0.0.0/8' }
  const { app, key, restrict, statusFrom } = await start(t, { env })
  const via = (list: string, peer = '198.51.100.1') => statusFrom(peer, { 'x-forwarded-for': list })
  await restrict('192.0.2.0/24', '2001:db8::/32')
  for (const list of [
    '192.0.2.7', '192.0.2.7:4711', '::ffff:192.0.2.7', '[2001:db8::7]:443', '2001:DB8::7', '2001:db8::7%eth0',
    '"192.0.2.7"', '203.0.113.9, 192.0.2.7', '203.0.113.9, 192.0.2.7, 10.1.2.3'
  ]) t.equal(await via(list), 200, list)
  for (const list of [
    '203.0.113.9', '192.0.2.7, 203.0.113.9', '192.0.2.7, 203.0.113.9, 10.1.2.3', '2001:db9::7', '192.0.3.7', 'unknown',
    '', '192.0.2.7, unknown', '192.0.2.7/24', '0192.0.2.7'
  ]) t.equal(await via(list), 403, list)
  t.equal(await via('192.0.2.7', '203.0.113.9'), 403, 'the peer is no trusted proxy')
  t.equal(await via('203.0.113.9', '192.0.2.7'), 200, 'what a client says about itself is ignored')
  t.equal(await statusFrom('203.0.113.9', { forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' }), 403)
  t.equal(await statusFrom('198.51.100.1'), 403, 'the address of the proxy is not that of the client')
  await restrict('198.51.100.1')
  t.equal(await via('192.0.2.7'), 403, 'nor does a proxy in the list admit its clients')

  const refused = await app.inject(as('203.0.113.9', key))
  t.match(refused.json(), { code: 'network_not_allowed', detail: /not accepted from 203\.0\.113\.9/ })
})

t.test('a dual-stack socket sees IPv4 clients as IPv4', async t => {
  const { app, key, restrict } = await start(t)
  await app.listen({ host: '::', port: 0 })
  const send = async (localAddress: string, host: string) => {
    const { port } = app.server.address() as AddressInfo // the server listens on a port
    const url = `http://${host}:${port}/api/v1/users/whoami`
    return (await sendFrom(localAddress, url, { headers: { 'x-api-key': key } })).status
  }
  for (const [network, expected] of [
    ['127.0.0.2', [200, 403, 403]], ['::ffff:127.0.0.2', [200, 403, 403]], ['127.0.0.0/8', [200, 200, 403]],
    ['::1', [403, 403, 200]], ['::/0', [403, 403, 200]]
  ] as Array<[string, number[]]>) {
    await restrict(network)
    for (const state of ['read', 'remembered']) {
      const statuses = [
        await send('127.0.0.2', '127.0.0.1'), await send('127.0.0.3', '127.0.0.1'), await send('::1', '[::1]')
      ]
      t.strictSame(statuses, expected, `${network}, ${state}`)
    }
  }
})
