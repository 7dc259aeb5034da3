import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { CONSECUTIVE_MAX } from '../../src/services/sign-in/throttling/sign-in-guard.ts'
import { ADMIN, buildApp as build, PASSWORD, type TestOptions } from '../helpers/app.ts'
import { openLasting, openMemory } from '../helpers/database.ts'
import { decodeJwt } from '../helpers/jwt.ts'

/** The test is the trusted proxy and can send requests from any address. */
async function buildApp (t: Test, { env = {}, ...options }: TestOptions = {}) {
  const built = await build(t, {
    ...options, env: { LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_TRUSTED_PROXIES: '127.0.0.1', ...env }
  })
  const login = (username: string, password: string, from = '192.0.2.1') => {
    const { payload, headers } = built.form({ username, password })
    return built.anonymous.post('/login', payload, { headers: { ...headers, 'x-forwarded-for': from } })
  }
  let guesses = 0
  /** A new wrong password. */
  const guess = (username: string, from?: string) => login(username, `wrong ${guesses++}`, from)
  async function guessTimes (times: number, username: string, from?: string | ((n: number) => string)) {
    const statuses: number[] = []
    for (let n = 0; n < times; n++) {
      statuses.push((await guess(username, typeof from === 'function' ? from(n) : from)).statusCode)
    }
    return statuses
  }
  return { ...built, login, guess, guessTimes }
}

const slow = { timeout: 120_000 }
const strip = (body: string) => body.replace(/"request_id":"[^"]*"/, '')

t.test('after five failures a minute, all attempts are rejected without hashing', async t => {
  const { login, guess, guessTimes, clock } = await buildApp(t)
  t.strictSame(await guessTimes(5, ADMIN.username), Array(5).fill(401))
  const wrong = await guess(ADMIN.username)
  t.equal(wrong.statusCode, 429)
  t.match(wrong.json(), {
    detail: 'Too many requests. Please try again later.',
    retry_after: '60',
    code: 'too_many_requests',
    request_id: String
  })
  const seconds = Number(wrong.headers['retry-after'])
  t.ok(seconds > 50 && seconds <= 60)
  t.equal(wrong.headers['ratelimit-policy'], '"sign-in";q=5;w=60')
  t.match(wrong.headers['ratelimit'], /^"sign-in";r=0;t=\d+$/)

  const since = performance.now()
  const answers = await Promise.all(Array.from({ length: 200 }, () => login(ADMIN.username, ADMIN.password)))
  const tookMs = Math.round(performance.now() - since)
  t.strictSame([...new Set(answers.map(({ statusCode }) => statusCode))], [429])
  t.ok(tookMs < 1000, `200 of them in ${tookMs} ms: a hash would take 10 ms each`)
  t.equal(strip(answers[0]?.body ?? ''), strip(wrong.body), 'the response hides that the password is correct')

  clock.advance(61)
  t.equal((await login(ADMIN.username, ADMIN.password)).statusCode, 200, 'attempts are accepted a minute later')
})

t.test('only failures count, and a success resets them', async t => {
  const { login, guessTimes, db } = await buildApp(t)
  for (let n = 0; n < 12; n++) t.equal((await login(ADMIN.username, ADMIN.password)).statusCode, 200)
  for (let round = 0; round < 3; round++) {
    t.strictSame(await guessTimes(4, ADMIN.username), Array(4).fill(401))
    t.equal((await login(ADMIN.username, ADMIN.password)).statusCode, 200)
  }
  const left = await db.failureCount.findMany()
  t.strictSame(left.map(({ account, failures }) => ({ account, failures })), [{ account: '', failures: 12 }],
    'the counter of the network is kept')
})

t.test('all spellings of a username share one counter, with or without an account', async t => {
  const { guess } = await buildApp(t)
  for (const name of ['administrator', 'nobody']) {
    const spellings = [name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`,
      name.replace('o', '\uFF4F'), name.replace('n', '\uFF2E'), name]
    const statuses = []
    for (const spelling of spellings) statuses.push((await guess(spelling, '192.0.2.7')).statusCode)
    t.strictSame(statuses, [401, 401, 401, 401, 401, 429], name)
  }
})

t.test('usernames are compared after Unicode normalization and case-sensitively', async t => {
  const { anonymous, login } = await buildApp(t, { env: { LANGFLOW_RATE_LIMIT_ENABLED: 'false' } })
  const names = [['\uff21\uff44\uff41', 'Ada'], ['\ufb01nn', 'finn'], ['zoe\u0308', 'zo\u00eb']]
  for (const [typed, stored] of names) {
    const made = await anonymous.post('/users/', { username: typed, password: PASSWORD })
    t.match(made.json(), { username: stored })
    for (const name of [typed, stored]) t.equal((await login(name ?? '', PASSWORD)).statusCode, 200, String(name))
  }
  t.equal((await login('ada', PASSWORD)).statusCode, 401, 'Ada is another name')
  const mixed = await anonymous.post('/users/', { username: '\u0430da', password: PASSWORD })
  const msg = 'Username must not mix letters of different scripts'
  t.match(mixed.json(), { detail: [{ loc: ['body', 'username'], msg }] })
})

t.test('sign-in ignores blanks around the username, but not around the password', async t => {
  const { anonymous, guess, login, db } = await buildApp(t)
  const { username } = ADMIN
  for (const typed of [`${username} `, `\t${username}`, `\ufeff${username}\u200b`, `\u2060${username}\u3000\r\n`]) {
    t.equal((await login(typed, ADMIN.password, '192.0.2.9')).statusCode, 200, JSON.stringify(typed))
  }
  t.equal((await login(ADMIN.username, ` ${ADMIN.password}`, '192.0.2.9')).statusCode, 401)
  t.equal((await login(ADMIN.username, `${ADMIN.password}\n`, '192.0.2.9')).statusCode, 401)
  const before = await db.failureCount.count()
  const statuses = []
  for (const name of ['bob', ' bob', 'bob\u200b', '\ufeffbob ', '\u3000BOB', 'bob\n']) {
    statuses.push((await guess(name, '192.0.2.7')).statusCode)
  }
  t.strictSame(statuses, [401, 401, 401, 401, 401, 429], 'one counter for all spellings')
  t.ok(await db.failureCount.count() - before <= 3)
  const made = await anonymous.post('/users/', { username: 'carl ', password: PASSWORD })
  t.equal(made.statusCode, 422, 'the username is not stored')
})

t.test('three identical attempts of a web client count once', async t => {
  const { login, db } = await buildApp(t)
  for (let n = 0; n < 4; n++) {
    const three = []
    for (let again = 0; again < 3; again++) three.push((await login(ADMIN.username, `typo ${n}`)).statusCode)
    t.strictSame(three, [401, 401, 401])
  }
  t.equal((await login(ADMIN.username, 'typo 5')).statusCode, 401)
  t.equal((await login(ADMIN.username, 'typo 6')).statusCode, 429)
  const rows = JSON.stringify(await db.failureCount.findMany())
  t.notMatch(rows, /typo|administrator/, 'stored counters contain neither password nor username')
  const other = await buildApp(t)
  const statuses = []
  for (let n = 0; n < 20; n++) statuses.push((await other.login(ADMIN.username, 'the same password')).statusCode)
  t.strictSame(statuses.slice(-5), Array(5).fill(429), 'repeated attempts are limited')
})

t.test('addresses are counted by network: IPv6 by its /64, mapped IPv4 as IPv4', async t => {
  const { guess, guessTimes } = await buildApp(t)
  await guessTimes(5, 'ada', n => `2001:db8:0:1::${n + 1}`)
  t.equal((await guess('ada', '2001:db8:0:1:ffff::9')).statusCode, 429)
  t.equal((await guess('ada', '2001:db8:0:2::1')).statusCode, 401)
  await guessTimes(5, 'bob', n => n % 2 ? '192.0.2.9' : '::ffff:192.0.2.9')
  t.equal((await guess('bob', '192.0.2.9')).statusCode, 429)
})

t.test('forwarded headers count only from trusted proxies', async t => {
  const { guess, guessTimes } = await buildApp(t, { env: { LANGFLOW_TRUSTED_PROXIES: '' } })
  t.strictSame(await guessTimes(5, 'ada', n => `192.0.2.${n}`), Array(5).fill(401))
  t.equal((await guess('ada', '198.51.100.1')).statusCode, 429)
  const behind = await buildApp(t)
  const spoofed = await behind.guessTimes(5, 'ada', n => `203.0.113.${n}, 192.0.2.1`)
  t.strictSame(spoofed, Array(5).fill(401))
  t.equal((await behind.guess('ada', '203.0.113.99, 192.0.2.1')).statusCode, 429, 'neither do addresses added in front')
})

t.test('guesses for many accounts from one network are throttled, other networks are not', async t => {
  const { guess, login, guessTimes } = await buildApp(t)
  const statuses: number[] = []
  for (let n = 0; n < 30; n++) statuses.push((await guess(`user ${n}`, '192.0.2.50')).statusCode)
  t.strictSame(statuses, [...Array(20).fill(401), ...Array(10).fill(429)])
  t.equal((await login(ADMIN.username, ADMIN.password, '192.0.2.50')).statusCode, 429, 'new networks are throttled')
  t.equal((await login(ADMIN.username, ADMIN.password, '192.0.2.51')).statusCode, 200)
  await guessTimes(25, 'nobody', '192.0.2.51')
  t.equal((await login(ADMIN.username, ADMIN.password, '192.0.2.51')).statusCode, 200,
    'a user who signed in from this network before can sign in')
})

t.test('five of forty concurrent guesses are checked', async t => {
  const { guess } = await buildApp(t)
  const statuses = (await Promise.all(Array.from({ length: 40 }, () => guess(ADMIN.username)))).map(r => r.statusCode)
  const tried = statuses.filter(status => status === 401).length
  t.equal(tried, 5, `${tried} were checked, the others throttled`)
  t.ok(statuses.every(status => [401, 429].includes(status)))
})

t.test('forty concurrent sign-ins with the correct password succeed', async t => {
  const { login } = await buildApp(t)
  const answers = await Promise.all(Array.from({ length: 40 }, () => login(ADMIN.username, ADMIN.password)))
  t.strictSame(answers.map(({ statusCode }) => statusCode), Array(40).fill(200))
})

t.test(`after ${CONSECUTIVE_MAX} consecutive failures an account has one attempt a minute, but its owner can sign in`, async t => {
  const { login, guess, guessTimes, anonymous, clock } = await buildApp(t, {
    env: { LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: '86400' }
  })
  const home = '198.51.100.7'
  const session = (await login(ADMIN.username, ADMIN.password, home)).json()
  clock.advance(3600)
  const unknownNetwork = (n: number) => `10.0.${n >> 8}.${n & 255}`
  t.strictSame(await guessTimes(CONSECUTIVE_MAX, ADMIN.username, unknownNetwork), Array(CONSECUTIVE_MAX).fill(401))
  const next = await guess(ADMIN.username, '10.1.0.1')
  t.equal(next.statusCode, 429, 'all unknown networks are throttled')
  t.equal(next.headers['ratelimit-policy'], '"account";q=1;w=60')
  t.equal((await login(ADMIN.username, ADMIN.password, '10.1.0.2')).statusCode, 429)
  clock.advance(61)
  t.equal((await guess(ADMIN.username, '10.1.0.3')).statusCode, 401, 'to one attempt a minute')
  t.equal((await guess(ADMIN.username, '10.1.0.4')).statusCode, 429)

  const bearer = { authorization: `Bearer ${session.access_token}` }
  t.equal((await anonymous.get('/users/whoami', undefined, { headers: bearer })).statusCode, 200, 'sessions continue')
  t.equal((await login(ADMIN.username, ADMIN.password, home)).statusCode, 200, 'a known network can sign in')
  t.equal((await login(ADMIN.username, ADMIN.password, '10.1.0.9')).statusCode, 200, 'a sign-in ends the throttling')
})

t.test('a password reset and an unlock reset the counters of an account', async t => {
  const { login, guessTimes, as, admin, app } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  await guessTimes(6, 'ada')
  t.equal((await login('ada', PASSWORD)).statusCode, 429)
  await boss.patch(`/users/${ada.user.id}`, { password: 'chosen by the boss' })
  t.equal((await login('ada', 'chosen by the boss')).statusCode, 200, 'by an administrator')

  const again = (await login('ada', 'chosen by the boss')).json()
  await guessTimes(6, 'ada', '192.0.2.99')
  const change = { password: 'my own new pass phrase', current_password: 'chosen by the boss' }
  const headers = { authorization: `Bearer ${again.access_token}` }
  t.equal((await ada.patch(`/users/${ada.user.id}/reset-password`, change, { headers })).statusCode, 200)
  t.equal((await login('ada', change.password, '192.0.2.99')).statusCode, 200, 'by the user')

  await guessTimes(6, 'ada', '192.0.2.98')
  t.equal((await login('ada', change.password, '192.0.2.98')).statusCode, 429)
  await app.services.guard.unlock({ id: ada.user.id, username: 'ADA' })
  t.equal((await login('ada', change.password, '192.0.2.98')).statusCode, 200, 'by an unlock')
})

t.test('password changes limit guesses of the current password', async t => {
  const { as, login } = await buildApp(t)
  const ada = await as('ada')
  const change = (current: string) =>
    ada.patch(`/users/${ada.user.id}/reset-password`, { password: 'another pass phrase', current_password: current })
  for (let n = 0; n < 5; n++) t.equal((await change(`guess ${n}`)).statusCode, 400)
  const refused = await change(PASSWORD)
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { code: 'too_many_requests' })
  t.equal((await login('ada', PASSWORD)).statusCode, 200, 'sign-in is not affected')
})

t.test('sign-ups are rate-limited', async t => {
  const { anonymous, admin } = await buildApp(t)
  const signUp = (n: number, from: string) => anonymous.post('/users/', { username: `user ${n}`, password: PASSWORD },
    { headers: { 'x-forwarded-for': from } })
  const statuses = []
  for (let n = 0; n < 22; n++) statuses.push((await signUp(n, '192.0.2.3')).statusCode)
  t.strictSame(statuses, [...Array(20).fill(201), 429, 429])
  t.equal((await signUp(30, '192.0.2.4')).statusCode, 201)
  const boss = await admin()
  for (let n = 40; n < 65; n++) {
    t.equal((await boss.post('/users/', { username: `user ${n}`, password: PASSWORD })).statusCode, 201)
  }
})

t.test('settings switch the limits off or change them', async t => {
  const { guessTimes, db } = await buildApp(t, { env: { LANGFLOW_RATE_LIMIT_ENABLED: 'false' } })
  t.strictSame(await guessTimes(30, ADMIN.username), Array(30).fill(401))
  t.equal(await db.failureCount.count(), 0)
  const strict = await buildApp(t, { env: { LANGFLOW_RATE_LIMIT_PER_MINUTE: '2' } })
  t.strictSame(await strict.guessTimes(4, ADMIN.username), [401, 401, 429, 429])
})

t.test('a sign-in takes one read and three writes; other requests take no write', async t => {
  const database = await openMemory()
  const names: string[] = []
  const { run } = database
  database.run = (statement, values) => { names.push(statement.name); return run(statement, values) }
  const { login, anonymous } = await buildApp(t, { database })
  names.length = 0
  const { access_token: token } = (await login(ADMIN.username, ADMIN.password)).json()
  t.strictSame(names, ['flowgate_account_by_name', 'flowgate_reserve_attempt', 'flowgate_release_attempt',
    'flowgate_begin_session'])
  names.length = 0
  await anonymous.get('/users/whoami', undefined, { headers: { authorization: `Bearer ${token}` } })
  t.strictSame(names, ['flowgate_principals_by_session'])
})

t.test('unknown user, wrong password and inactive account take the same time', { timeout: 120_000 }, async t => {
  const { login, anonymous, admin } = await buildApp(t, {
    env: {
      LANGFLOW_RATE_LIMIT_PER_MINUTE: '10000',
      LANGFLOW_PASSWORD_MEMORY_KIB: '19456',
      LANGFLOW_PASSWORD_ITERATIONS: '2'
    }
  })
  await anonymous.post('/users/', { username: 'ada', password: PASSWORD })
  const { id } = (await anonymous.post('/users/', { username: 'bob', password: PASSWORD })).json()
  await (await admin()).patch(`/users/${id}`, { is_active: false })
  const times: Record<string, number[]> = { ada: [], bob: [], nobody: [] }
  const bodies = new Set<string>()
  for (let n = 0; n < 40; n++) {
    for (const name of Object.keys(times)) {
      const since = performance.now()
      const { body, statusCode } = await login(name, randomBytes(9).toString('hex'))
      times[name]?.push(performance.now() - since)
      bodies.add(`${statusCode} ${strip(body)}`)
    }
  }
  const median = (list: number[] = []) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0
  const medians = Object.values(times).map(median)
  t.equal(bodies.size, 1, 'with the same response body')
  t.ok(Math.max(...medians) < Math.min(...medians) * 1.25, medians.map(ms => ms.toFixed(1)).join(', '))
  t.comment(`measured: a failed sign-in takes ${medians.map(ms => ms.toFixed(1)).join(', ')} ms (wrong, inactive, unknown)`)
})

t.test('after a change of the hash cost, unknown usernames take as long as known ones', slow, async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_RATE_LIMIT_ENABLED: 'false' }
  const before = await buildApp(t, { database, env })
  for (const name of ['ada', 'bob', 'carol', 'dora']) {
    await before.anonymous.post('/users/', { username: name, password: PASSWORD })
  }
  const { login } = await buildApp(t, { database, env: { ...env, LANGFLOW_PASSWORD_ITERATIONS: '8' } })
  const medianOf = async (name: (n: number) => string) => {
    const times = []
    for (let n = 0; n < 15; n++) {
      const since = performance.now()
      t.equal((await login(name(n), 'a wrong password')).statusCode, 401)
      times.push(performance.now() - since)
    }
    return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
  }
  const known = await medianOf(n => ['ada', 'bob', 'carol', 'dora'][n % 4] ?? '')
  const unknown = await medianOf(n => `nobody-${n}`)
  t.ok(unknown < known * 2 && known < unknown * 2, `${known.toFixed(1)} ms known, ${unknown.toFixed(1)} ms unknown`)
})

t.test('running out of memory while hashing does not count as a wrong password', async t => {
  const { login, as, db } = await buildApp(t)
  await as('ada')
  const { passwordHash } = await db.user.findFirstOrThrow({ where: { username: 'ada' } })
  await db.user.updateMany({
    where: { username: 'ada' }, data: { passwordHash: `${passwordHash}`.replace(/m=\d+/, 'm=4294967295') }
  })
  for (let n = 0; n < 7; n++) {
    const answer = await login('ada', PASSWORD)
    t.equal(answer.statusCode, 503)
    t.match(answer.json(), { code: 'service_busy' })
    t.ok(Number(answer.headers['retry-after']) > 0)
  }
  await db.user.updateMany({ where: { username: 'ada' }, data: { passwordHash } })
  t.equal((await login('ada', PASSWORD)).statusCode, 200, 'no failure was counted')
})

t.test('passwords are not truncated, and malformed sign-in forms are rejected', async t => {
  const { login, as, admin, anonymous, form } = await buildApp(t, { env: { LANGFLOW_RATE_LIMIT_ENABLED: 'false' } })
  const boss = await admin()
  const long = 'a'.repeat(100)
  await boss.post('/users/', { username: 'long', password: long })
  t.equal((await login('long', long)).statusCode, 200)
  t.equal((await login('long', long.slice(0, 72))).statusCode, 401, 'not truncated at 72 bytes')
  t.equal((await login('long', `${long}b`)).statusCode, 401)
  t.equal((await login('long', 'a'.repeat(100_000))).statusCode, 422)
  t.equal((await as('ada', 'é'.normalize('NFD').repeat(10))).user.username, 'ada')
  t.equal((await login('ada', 'é'.normalize('NFC').repeat(10))).statusCode, 200, 'in any Unicode form')

  const { headers } = form({})
  for (const body of [
    'username[$ne]=x&password[$ne]=x', 'username=a&username=b&password=c', 'username=a', 'password=b',
    'username=%00&password=%00', 'username=a&password=b&grant_type=client_credentials',
    '__proto__=x&username=a&password=b',
    `username=${'a'.repeat(2000)}&password=b`
  ]) {
    const { statusCode } = await anonymous.post('/login', body, { headers })
    t.ok(statusCode >= 400 && statusCode < 500, `${body.slice(0, 40)}: ${statusCode}`)
  }
  for (const [username, password] of [['eve', 'short'], ['eve', 'password'], ['evelynevelyn', 'EvelynEvelyn'],
    ['eve', ' '.repeat(12)], ['e\u200bve', PASSWORD], [' ', PASSWORD], ['\ud800', PASSWORD], ['a\0', PASSWORD]]) {
    t.equal((await anonymous.post('/users/', { username, password })).statusCode, 422, `${username} ${password}`)
    if (username === 'eve') {
      t.equal((await boss.post('/users/', { username, password })).statusCode, 422)
      t.equal((await boss.patch(`/users/${decodeJwt((await login('ada', 'é'.repeat(10))).json().access_token)['sub']}`,
        { password })).statusCode, 422, 'on every path')
    }
  }
})
