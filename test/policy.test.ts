import fc from 'fast-check'
import t from 'tap'
import { passwordProblem } from '../src/policy/passwords.ts'
import { normalizeUsername, usernameKey, usernameProblem } from '../src/policy/usernames.ts'

t.test('a password is long enough, not common, not the username, and otherwise anything', async t => {
  for (const good of ['correct horse battery', 'ünïcödé ist in Ordnung', '日本語のパスワードです', 'x9!'.repeat(80)]) {
    t.equal(passwordProblem(good, 'ada'), undefined, good.slice(0, 12))
  }
  for (const bad of ['', 'seven 7', ' '.repeat(12), 'password', 'PassWord', 'langflow', 'adalovelace', 'ＡdaLovelace',
    'a\u0000bcdefgh', '\ud800abcdefgh', 'x'.repeat(257)]) {
    t.type(passwordProblem(bad, 'AdaLovelace'), 'string', JSON.stringify(bad.slice(0, 12)))
  }
  t.equal(passwordProblem('🔑'.repeat(8), 'ada'), undefined, 'eight characters are eight, however many bytes')
})

t.test('usernames: one key for every spelling, and what is invisible has no place in them', async t => {
  t.equal(usernameKey('Ａｄａ'), usernameKey('ada'))
  t.equal(usernameKey('STRASSE'), usernameKey('strasse'))
  for (const bad of ['', ' ', ' ada', 'ada ', 'a\u200bda', 'a\u202eda', 'a\nb', '\ud800', 'a\u0000', 'x'.repeat(65)]) {
    t.type(usernameProblem(normalizeUsername(bad)), 'string', JSON.stringify(bad.slice(0, 8)))
  }
})

t.test('whatever is typed, a name that passes is stable and its key too', async t => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
    const name = normalizeUsername(text)
    if (usernameProblem(name) !== undefined) return true
    return normalizeUsername(name) === name && usernameKey(usernameKey(name)) === usernameKey(name) &&
      name === name.trim() && name.isWellFormed()
  }), { numRuns: 5000 })
  t.pass('5,000 names')
})
