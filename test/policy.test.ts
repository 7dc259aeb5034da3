import fc from 'fast-check'
import t from 'tap'
import { contextWords } from '../src/policy/password-context.ts'
import { passwordProblem } from '../src/policy/passwords.ts'
import { normalizeUsername, usernameKey, usernameProblem } from '../src/policy/usernames.ts'

t.test('a password must be long enough, not common and not the username', async t => {
  for (const good of ['correct horse battery', 'ünïcödé ist in Ordnung', '日本語のパスワードです', 'x9!'.repeat(80)]) {
    t.equal(passwordProblem(good, 'ada', []), undefined, good.slice(0, 12))
  }
  for (const bad of ['', 'seven 7', ' '.repeat(12), 'password', 'PassWord', 'langflow', 'adalovelace', 'ＡdaLovelace',
    'a\u0000bcdefgh', '\ud800abcdefgh', 'x'.repeat(257)]) {
    t.type(passwordProblem(bad, 'AdaLovelace', []), 'string', JSON.stringify(bad.slice(0, 12)))
  }
  t.equal(passwordProblem('🔑'.repeat(8), 'ada', []), undefined, 'eight characters are eight, however many bytes')
})

t.test('all spellings of a username have one key, and invisible characters are rejected', async t => {
  t.equal(usernameKey('Ａｄａ'), usernameKey('ada'))
  t.equal(usernameKey('STRASSE'), usernameKey('strasse'))
  for (const bad of ['', ' ', ' ada', 'ada ', 'a\u200bda', 'a\u202eda', 'a\nb', '\ud800', 'a\u0000', 'x'.repeat(65)]) {
    t.type(usernameProblem(normalizeUsername(bad)), 'string', JSON.stringify(bad.slice(0, 8)))
  }
})

t.test('a password must not consist of the names of the account, the product or the server', async t => {
  const words = contextWords(['flow.example.org', '127.0.0.1', '::1', 'localhost', '0.0.0.0'])
  t.strictSame(words, ['langflow', 'flowgate', 'flow', 'example'])
  for (const bad of ['langflow123', 'Langflow2026!', '123langflow', 'flowgate-1', 'FLOWGATE!!!', 'langflowflowgate',
    'ｌａｎｇｆｌｏｗ１２３', 'example2026', 'flow.example', 'Ada-Lovelace1', '1adalovelace!', 'langflow-ada-lovelace-99']) {
    t.match(passwordProblem(bad, 'ada-lovelace', words) ?? passwordProblem(bad, 'adalovelace', words),
      /more than the username|must not be the username/, bad)
  }
  for (const good of ['langflow is a fine tool', 'my example of words', '9f4c2e7a1b8d6053', 'correct horse battery']) {
    t.equal(passwordProblem(good, 'ada', words), undefined, good)
  }
})

t.test('a username uses one script and cannot imitate a Latin one', async t => {
  for (const bad of ['\u0430da', 'ad\u0430', 'p\u0430ypal', 'b\u043eb', 'al\u03b9ce', 'o\u0555o',
    '\u0430\u0441\u0435', '\u0440\u0430\u0440\u0430', '\u0410\u0412\u0421', '\u039f\u03a1\u0391', '\u0430-1',
    'ad\u0430m1n', '\u13aa\u13de', 'ada\u4e2d\u0430', 'boss\u0661\u0430']) {
    t.type(usernameProblem(normalizeUsername(bad)), 'string', JSON.stringify(bad))
  }
  for (const good of ['ada', 'Ada Lovelace', 'o\'brien-2', 'zoë', 'naïve_user', 'Łukasz', 'Анна', 'Мария-7',
    'Ελένη', '田中', '田中 taro', 'たなか', '김철수', 'نور', 'שלום', 'สมชาย', 'ada@example.org', '🔑', '42']) {
    t.equal(usernameProblem(normalizeUsername(good)), undefined, good)
  }
})

t.test('an accepted username and its key are stable under normalization', async t => {
  const letter = fc.constantFrom(...'aAbzZ09 -_.éßıİſςσΣАяЯ田中たカ김نש①ﬁＡｄｋKÅ')
  const text = fc.oneof(fc.string({ unit: letter, maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 12 }))
  let passed = 0
  fc.assert(fc.property(text, typed => {
    const name = normalizeUsername(typed)
    fc.pre(usernameProblem(name) === undefined)
    passed++
    return normalizeUsername(name) === name && usernameKey(usernameKey(name)) === usernameKey(name) &&
      name === name.trim() && name.isWellFormed()
  }), { numRuns: 5000, maxSkipsPerRun: 1000 })
  t.ok(passed >= 5000, `${passed} names that pass`)
})
