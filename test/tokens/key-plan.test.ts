import t from 'tap'
import {
  type NeededAlgorithm, planForSettings, planMissing, planRotation, type StoredKey
} from '../../src/services/tokens/key-plan.ts'
import {
  isPublished, PUBLISHED_AFTER_SECONDS, PUBLISHED_AHEAD_SECONDS, JWKS_MAX_AGE_SECONDS, stateOf
} from '../../src/services/tokens/key-times.ts'
import { later } from '../../src/services/upkeep/clock.ts'

const now = new Date('2026-12-01T12:00:00Z')
const ahead = later(now, PUBLISHED_AHEAD_SECONDS)
const daysAgo = (days: number) => later(now, -days * 86_400)
const RS256: NeededAlgorithm = { algorithm: 'RS256', kid: undefined }
const ES256: NeededAlgorithm = { algorithm: 'ES256', kid: undefined }

const key = (id: string, algorithm: string, facts: Partial<StoredKey> = {}): StoredKey =>
  ({ id, kid: id, algorithm, activatesAt: daysAgo(1), retiresAt: null, canSign: true, ...facts })

t.test('a key is published before verifiers can meet its tokens, and until the last of them has expired', async t => {
  t.ok(PUBLISHED_AHEAD_SECONDS > JWKS_MAX_AGE_SECONDS)
  t.ok(PUBLISHED_AFTER_SECONDS > 86_400, 'the maximum of LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS')
  const times = { activatesAt: now, retiresAt: later(now, 100) }
  t.equal(stateOf(times, later(now, -1)), 'next')
  t.equal(stateOf(times, now), 'active')
  t.equal(stateOf(times, later(now, 99)), 'active')
  t.equal(stateOf(times, later(now, 100)), 'retired')
  t.ok(isPublished(times, later(now, 99 + PUBLISHED_AFTER_SECONDS)))
  t.notOk(isPublished(times, later(now, 100 + PUBLISHED_AFTER_SECONDS)))
})

t.test('the settings decide which keys exist', async t => {
  const plans: Array<[string, StoredKey[], NeededAlgorithm[], object]> = [
    ['nothing is needed', [], [], { create: [], retire: [] }],
    ['the first key signs at once', [], [RS256], { create: [{ algorithm: 'RS256', activatesAt: now }], retire: [] }],
    ['an existing key stays', [key('a', 'RS256')], [RS256], { create: [], retire: [] }],
    ['so does a next key', [key('a', 'RS256'), key('b', 'RS256', { activatesAt: ahead })], [RS256],
      { create: [], retire: [] }],
    ['another algorithm waits until verifiers know its key', [key('a', 'RS256')], [ES256],
      { create: [{ algorithm: 'ES256', activatesAt: ahead }], retire: [] }],
    ['a second algorithm waits, too', [key('a', 'RS256')], [RS256, ES256],
      { create: [{ algorithm: 'ES256', activatesAt: ahead }], retire: [] }],
    ['an algorithm that is no longer needed stays for other replicas', [key('a', 'RS256'), key('b', 'ES256')], [ES256],
      { create: [], retire: [] }],
    ['back to HS256', [key('a', 'RS256')], [], { create: [], retire: [] }],
    ['a key that another replica retires', [key('a', 'RS256', { retiresAt: ahead })], [RS256],
      { create: [{ algorithm: 'RS256', activatesAt: ahead }], retire: [] }],
    ['a key that this process cannot decrypt', [key('a', 'RS256', { canSign: false })], [RS256],
      { create: [{ algorithm: 'RS256', activatesAt: now }], retire: [{ id: 'a', at: ahead }] }],
    ['retired keys are left alone', [key('a', 'RS256', { retiresAt: daysAgo(0.5) })], [RS256],
      { create: [{ algorithm: 'RS256', activatesAt: now }], retire: [] }],
    ['a key from the settings signs at once', [key('a', 'RS256')], [{ algorithm: 'RS256', kid: 'own' }],
      { create: [{ kid: 'own', activatesAt: now }], retire: [] }],
    ['and stays', [key('own', 'RS256')], [{ algorithm: 'RS256', kid: 'own' }], { create: [], retire: [] }],
    ['also while another replica retires it', [key('own', 'RS256', { retiresAt: ahead })],
      [{ algorithm: 'RS256', kid: 'own' }], { create: [], retire: [] }],
    ['but is created again after that', [key('own', 'RS256', { retiresAt: now })], [{ algorithm: 'RS256', kid: 'own' }],
      { create: [{ kid: 'own', activatesAt: now }], retire: [] }],
    ['another key in the settings', [key('own', 'RS256', { canSign: false })], [{ algorithm: 'RS256', kid: 'new' }],
      { create: [{ kid: 'new', activatesAt: now }], retire: [{ id: 'own', at: ahead }] }],
    ['the key was removed from the settings', [key('own', 'RS256', { canSign: false })], [RS256],
      { create: [{ algorithm: 'RS256', activatesAt: now }], retire: [{ id: 'own', at: ahead }] }]
  ]
  for (const [name, keys, needed, expected] of plans) {
    const plan = planForSettings(keys, needed, now)
    t.match(plan, expected, name)
    t.equal(plan.retire.length, (expected as { retire: object[] }).retire.length, name)
    t.strictSame(planMissing(keys, needed, now), { create: plan.create, retire: [] }, `${name}: while it runs`)
  }
  for (const [name, keys, needed] of plans) {
    const { create, retire } = planForSettings(keys, needed, now)
    const after = [
      ...keys.map(each => ({ ...each, retiresAt: retire.find(({ id }) => id === each.id)?.at ?? each.retiresAt })),
      ...create.map(each => key(`new ${each.algorithm}`, each.algorithm, { ...each, kid: each.kid ?? 'new' }))
    ]
    const again = planForSettings(after, needed, now)
    t.strictSame(again, { create: [], retire: [] }, `${name}: a second start changes nothing`)
  }
})

t.test('a rotation creates the next key of each algorithm once', async t => {
  const one = planRotation([key('a', 'RS256')], [RS256], now)
  t.match(one, { create: [{ algorithm: 'RS256', activatesAt: ahead }], retire: [{ id: 'a', at: ahead }] })
  const both = planRotation([key('a', 'RS256'), key('b', 'ES256')], [RS256, ES256], now)
  t.strictSame(both.retire.map(({ id }) => id), ['a', 'b'])
  const waiting = [key('a', 'RS256', { retiresAt: ahead }), key('b', 'RS256', { activatesAt: ahead })]
  t.strictSame(planRotation(waiting, [RS256], now), { create: [], retire: [] })
  const own = planRotation([key('own', 'RS256')], [{ algorithm: 'RS256', kid: 'own' }], now)
  t.strictSame(own, { create: [], retire: [] })
  const unneeded = planRotation([key('a', 'RS256'), key('b', 'ES256', { activatesAt: ahead })], [ES256], now)
  t.strictSame(unneeded, { create: [], retire: [{ id: 'a', at: ahead }] }, 'a key that no setting requires ends')
})

t.test('a rotation by age happens so early that the key is replaced after the days of the setting', async t => {
  const aged = (seconds: number) => [key('a', 'RS256', { activatesAt: later(daysAgo(90), seconds) })]
  const lengthOf = (keys: StoredKey[]) => planRotation(keys, [RS256], now, { days: 90 }).create.length
  t.equal(lengthOf(aged(PUBLISHED_AHEAD_SECONDS + 1)), 0)
  t.equal(lengthOf(aged(PUBLISHED_AHEAD_SECONDS)), 1)
  t.equal(lengthOf(aged(-86_400)), 1)
  t.match(planRotation(aged(0), [ES256], now, { days: 90 }), { create: [], retire: [{ id: 'a', at: ahead }] })
})
