import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { scopeNames } from '../../src/policy/grants.ts'
import { buildApp, createClient } from '../helpers/app.ts'
import { holds } from '../helpers/properties.ts'

/** A key as the API shows it. */
type Key = {
  id: string, made_by: string | null, is_active: boolean, expires_at: string | null, scopes?: string[],
  allowed_networks?: string[], rate_limit?: { limit: number, window_seconds: number }
}

const DAY_MS = 86_400_000
const networks = [
  '10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.1.2.3/32', '192.0.2.0/24', '0.0.0.0/0', '::/0', '2001:db8::/32',
  '2001:db8:1::/48', '2001:db8:1::7/128'
]
/** At least one address in each network that no smaller one has. */
const addresses = [
  '10.9.9.9', '10.1.9.9', '10.1.2.9', '10.1.2.3', '192.0.2.7', '203.0.113.1', '2001:db9::1', '2001:db8:9::1',
  '2001:db8:1::8', '2001:db8:1::7'
]

/** The sample addresses from which a key may be used, by another implementation of networks. */
function addressesOf ({ allowed_networks: allowed }: Key): string[] {
  if (!allowed) return addresses
  const list = new BlockList()
  for (const network of allowed) {
    const [base = '', bits] = network.split('/')
    list.addSubnet(base, Number(bits), isIP(base) === 4 ? 'ipv4' : 'ipv6')
  }
  return addresses.filter(address => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'))
}

const scopesOf = ({ scopes }: Key): readonly string[] => scopes ?? scopeNames
const endOf = ({ expires_at: end }: Key) => end === null ? Infinity : Date.parse(end)
const isSubset = <T>(some: readonly T[], others: readonly T[]) => some.every(each => others.includes(each))

/** Requests that a key permits in a number of seconds. */
const quotaOf = ({ rate_limit: rate }: Key, seconds: number) =>
  rate ? rate.limit * (1 + seconds / rate.window_seconds) : Infinity

/** Whether a key permits nothing that the other does not. */
const isWithin = (key: Key, other: Key): boolean => !key.is_active || (
  other.is_active && endOf(key) <= endOf(other) && isSubset(scopesOf(key), scopesOf(other)) &&
  isSubset(addressesOf(key), addressesOf(other)) &&
  [0, 1, 100, 1e6].every(seconds => quotaOf(key, seconds) <= quotaOf(other, seconds) * (1 + 1e-9))
)

/** A value, or more often none: most random restrictions exceed others. */
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

/** Random restrictions of a request. `keys:write` keeps the key able to go on. */
const settings = fc.record({
  scopes: maybe(fc.subarray([...scopeNames], { minLength: 1 })
    .map(scopes => [...new Set([...scopes, 'keys:write', 'keys:read'])])),
  allowed_networks: maybe(fc.subarray(networks, { minLength: 1, maxLength: 4 })),
  expires_at: maybe(fc.integer({ min: 1, max: 40 }).map(days => new Date(Date.now() + days * DAY_MS).toISOString())),
  rate_limit: maybe(fc.record({
    limit: fc.integer({ min: 5000, max: 9000 }), window_seconds: fc.integer({ min: 1, max: 5 })
  }))
})
const changes = fc.record({ is_active: maybe(fc.boolean()), settings })
const action = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), by: fc.nat(), settings }),
  fc.record({ kind: fc.constant('change' as const), by: fc.nat(), which: fc.nat(), changes }),
  fc.record({
    kind: fc.constant('rotate' as const), by: fc.nat(), which: fc.nat(), overlap: fc.constantFrom(0, 60, 2_592_000)
  }),
  // The person changes a key: everything that the key has created loses what the key loses.
  fc.record({ kind: fc.constant('restrict' as const), which: fc.nat(), changes })
)

t.test('a key never creates, changes or rotates into more than it has', { timeout: 180_000 }, async t => {
  const { app, as } = await buildApp(t, { env: { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' } })
  const ada = await as('ada')
  const list = async (): Promise<Key[]> => (await ada.get('/api_key/')).json().api_keys
  const counts = { create: 0, change: 0, rotate: 0, restrict: 0, refused: 0 }

  await holds(t, 'after each request', fc.asyncProperty(
    settings, fc.array(action, { minLength: 4, maxLength: 12 }), async (root, actions) => {
      for (const { id } of await list()) await ada.delete(`/api_key/${id}`)
      // A key that no key created, to be tempted by.
      await ada.post('/api_key/', {})
      const { api_key: first, id: firstId } = (await ada.post('/api_key/', root)).json()
      const held = [{ id: firstId as string, key: first as string }]

      for (const step of actions) {
        const before = await list()
        const byId = new Map(before.map(key => [key.id, key]))
        const target = 'which' in step ? before[step.which % before.length] : undefined
        if (step.kind === 'restrict') {
          await ada.patch(`/api_key/${target?.id}`, { is_active: step.changes.is_active, ...step.changes.settings })
          const after = await list()
          const changed = after.find(({ id }) => id === target?.id)
          for (const key of after.filter(each => each.made_by === target?.id)) {
            const former = byId.get(key.id)
            if (changed && former && target && isWithin(former, target) && !isWithin(key, changed)) return false
          }
          counts.restrict++
          continue
        }
        const actor = held[step.by % held.length]
        const acting = byId.get(actor?.id ?? '')
        if (!actor || !acting) continue
        const from = addressesOf(acting)[0]
        if (from === undefined) continue
        const client = createClient(app, { headers: { 'x-api-key': actor.key, 'x-forwarded-for': from } })
        const response = step.kind === 'create'
          ? await client.post('/api_key/', step.settings)
          : step.kind === 'change'
            ? await client.patch(`/api_key/${target?.id}`, { is_active: step.changes.is_active, ...step.changes.settings })
            : await client.post(`/api_key/${target?.id}/rotate`, { overlap_seconds: step.overlap })
        if (response.statusCode !== 200) {
          if (response.statusCode >= 500) return false
          counts.refused++
          continue
        }
        counts[step.kind]++
        const { api_key: made, id } = response.json()
        if (step.kind !== 'change') held.push({ id, key: made })
        // Each key has at most what it had before, or at most what the acting key has.
        for (const key of await list()) {
          const former = byId.get(key.id)
          if (former && isWithin(key, former)) continue
          if (!isWithin(key, acting)) return false
        }
      }
      return true
    }), 60)
  t.comment(JSON.stringify(counts))
  t.ok(Object.values(counts).every(count => count > 5), 'every kind of request was accepted and refused')
})
