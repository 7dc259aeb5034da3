import t from 'tap'
import { OVERLAP_SECONDS_MAX } from '../../src/policy/api-keys/bounds.ts'
import { scopeNames } from '../../src/policy/grants.ts'
import { addNetworks, addScopes, formatRateLimit, rateLimit } from '../../src/cli/values/key-restrictions.ts'
import { duration, moment, parseDuration } from '../../src/cli/values/moments.ts'

t.test('a duration is a number with a unit', async t => {
  t.strictSame(['0s', '30s', '15m', '12h', '90d'].map(parseDuration), [0, 30, 900, 43_200, 7_776_000])
  for (const text of ['', 's', '1', '1w', '1.5h', '-1d', '1 d', '1D', '1d1h', '1e3s', '1234567890s']) {
    t.equal(parseDuration(text), undefined, text)
  }
  const overlap = duration(OVERLAP_SECONDS_MAX)
  t.equal(overlap('30d'), OVERLAP_SECONDS_MAX)
  for (const text of ['31d', '2592001s', '1', 'soon']) t.throws(() => overlap(text), /at most 30 days/, text)
})

t.test('an expiry is a date, a time, or a duration from now', async t => {
  t.strictSame(moment('2027-01-31'), new Date('2027-01-31T00:00:00Z'))
  t.strictSame(moment('2027-01-31T12:00:00+01:00'), new Date('2027-01-31T11:00:00Z'))
  const before = Date.now()
  const after = moment('12h').getTime() - 43_200_000
  t.ok(after >= before && after <= Date.now())
  for (const text of ['soon', '', '2027-02-30', '90', '9999999d', '999999999d']) {
    t.throws(() => moment(text), /must be a date, a time or a duration/, text)
  }
})

t.test('scopes are separated by blanks, commas or options, and an unknown one lists all of them', async t => {
  t.strictSame(addScopes('flows:read, apps:use'), ['flows:read', 'apps:use'])
  t.strictSame(addScopes('flows:write flows:read', ['flows:read']), ['flows:read', 'flows:write'])
  for (const text of ['flows', 'flows:read,dance', '', ',', 'password:write', 'services:write', 'toString']) {
    t.throws(() => addScopes(text), /is not a scope\. The scopes are:\n {2}account:read +Read the account\n/, text)
  }
  try {
    addScopes('dance')
  } catch (error) {
    for (const name of scopeNames) t.match(String(error), new RegExp(`^ {2}${name} {2,}\\w`, 'm'))
  }
})

t.test('networks have their canonical spelling, and the message corrects a wrong one', async t => {
  t.strictSame(addNetworks('192.0.2.7 2001:DB8::/32', ['192.0.2.7/32']), ['192.0.2.7/32', '2001:db8::/32'])
  t.throws(() => addNetworks('10.0.0.1/8'), /use 10\.0\.0\.0\/8/)
  t.throws(() => addNetworks('10.0.0.0/8,example.org'), /example\.org: Use an address or a network in CIDR notation/)
  for (const text of ['', ' ', ',']) t.throws(() => addNetworks(text), /CIDR/)
  const many = Array.from({ length: 33 }, (_, n) => `192.0.2.${n}`)
  t.equal(addNetworks(many.slice(1).join()).length, 32)
  t.throws(() => addNetworks(many.join()), /at most 32/)
})

t.test('a rate limit is a number of requests in a time, and is printed as it is accepted', async t => {
  for (const [text, limit, windowSeconds, printed = text] of [
    ['100/1s', 100, 1], ['100/s', 100, 1, '100/1s'], ['20/m', 20, 60, '20/1m'], ['5000/h', 5000, 3600, '5000/1h'],
    ['1000000/d', 1_000_000, 86_400, '1000000/1d'], ['7/30s', 7, 30], ['7/90s', 7, 90], ['7/120s', 7, 120, '7/2m']
  ] as Array<[string, number, number, string?]>) {
    t.strictSame(rateLimit(text), { limit, windowSeconds })
    t.equal(formatRateLimit({ limit, windowSeconds }), printed)
  }
  for (const text of [
    '', '100', '100/', '/s', '0/s', '100/0s', '100/x', '100/25h', '1000001/d', '1.5/s', '-1/s', '1e3/s', '100 / s'
  ]) t.throws(() => rateLimit(text), /number of requests in a time/, text)
})
