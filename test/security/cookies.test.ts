import t, { type Test } from 'tap'
import { ADMIN, buildApp, PASSWORD } from '../helpers/app.ts'
import { decodeJwt, forgeJwt } from '../helpers/jwt.ts'

const access = (token: string) => `access_token_lf=${token}`
const refresh = (token: string) => `refresh_token_lf=${token}`
const junk = ['junk', '"junk"', '%00', 'a.b.c', 'sk-junk', `eyJ${'a'.repeat(3000)}`]
const headers = (cookie: string, more = {}) => ({ headers: { cookie, ...more } })

type Answer = { headers: Record<string, unknown> }
/** The cookies that a response removes, with their domains. */
const removed = ({ headers }: Answer) => [headers['set-cookie'] ?? []].flat().map(String)
  .filter(line => /^[^=]+=;/.test(line)).map(line => `${line.split('=')[0]}${/; Domain=([^;]+)/.exec(line)?.[1] ?? ''}`)

const asExpired = (token: string) => {
  const now = Math.floor(Date.now() / 1000)
  return forgeJwt({ ...decodeJwt(token), iat: now - 4000, exp: now - 400 })
}

t.test('an invalid cookie blocks neither public routes nor sign-in', async t => {
  const { anonymous, as, form, admin } = await buildApp(t, { env: { LANGFLOW_ENABLE_SIGNUP: 'true' } })
  const { tokens, signInAgain } = await as('ada')
  const old = (await signInAgain()).json().access_token
  await anonymous.post('/logout', undefined, headers(access(old)))
  for (const [index, value] of [...junk, asExpired(tokens.access_token), old].entries()) {
    const cookie = `${access(value)}; ${refresh(value)}`
    const config = await anonymous.get('/config', undefined, headers(cookie))
    t.match(config.json(), { type: 'public' })
    t.equal(config.statusCode, 200)
    t.match((await anonymous.get('/session', undefined, headers(cookie))).json(), { authenticated: false })
    const account = { username: `new${index}`, password: PASSWORD }
    t.equal((await anonymous.post('/users/', account, headers(cookie))).statusCode, 201)
    const { payload, headers: typed } = form(ADMIN)
    t.equal((await anonymous.post('/login', payload, headers(cookie, typed))).statusCode, 200)
    t.equal((await anonymous.post('/logout', undefined, headers(cookie))).statusCode, 200)
  }
  const full = await anonymous.get('/config', undefined, headers(access(tokens.access_token)))
  t.not(full.json().type, 'public', 'a valid one counts')
  const boss = await admin()
  const { api_key: key } = (await boss.post('/api_key/', {})).json()
  const byKey = await anonymous.get('/config', undefined, headers(access('junk'), { 'x-api-key': key }))
  t.not(byKey.json().type, 'public', 'an API key beside an invalid cookie counts')
})

t.test('invalid headers are rejected on public routes', async t => {
  const { anonymous, as } = await buildApp(t)
  const { tokens } = await as('ada')
  const ask = async (more: Record<string, string>) =>
    (await anonymous.get('/config', undefined, { headers: more })).statusCode
  t.equal(await ask({ authorization: 'Bearer junk' }), 401)
  t.equal(await ask({ authorization: `Bearer ${asExpired(tokens.access_token)}` }), 401)
  t.equal(await ask({ 'x-api-key': 'sk-junk' }), 403)
  t.equal(await ask({ authorization: 'Bearer junk', cookie: access(tokens.access_token) }), 401)
  t.equal(await ask({ 'x-api-key': 'sk-junk', cookie: access('junk') }), 403)
})

for (const domain of [undefined, 'example.org']) {
  t.test(`a response that rejects a cookie removes it, ${domain ? 'with and without domain' : 'without domain'}`, async t => {
    const { anonymous, as, admin } = await buildApp(t, { env: domain ? { LANGFLOW_COOKIE_DOMAIN: domain } : {} })
    const [{ tokens }, boss] = [await as('ada'), await admin()]
    const both = (...names: string[]) => names.flatMap(name => domain ? [name, `${name}${domain}`] : [name])
    for (const value of ['junk', asExpired(tokens.access_token)]) {
      for (const path of ['/users/whoami', '/variables/', '/sessions']) {
        const cookie = `${access(value)}; ${refresh(tokens.refresh_token)}`
        const answer = await anonymous.get(path, undefined, headers(cookie))
        t.equal(answer.statusCode, 401)
        t.strictSame(removed(answer), both('access_token_lf'), 'the refresh cookie is kept')
      }
    }
    const bearer = { authorization: 'Bearer junk' }
    t.strictSame(removed(await anonymous.get('/users/whoami', undefined, headers(access('junk'), bearer))), [],
      'a bearer was refused, and not the cookie')
    t.strictSame(removed(await anonymous.get('/users/', undefined, headers(access(tokens.access_token)))), [],
      '403 is no refusal of the cookie')
    const refused = await anonymous.post('/refresh', undefined, headers(refresh('junk')))
    t.equal(refused.statusCode, 401)
    t.strictSame(removed(refused), both('refresh_token_lf', 'access_token_lf'))
    t.strictSame(removed(await anonymous.post('/refresh')), [], 'no cookie is removed if none was sent')
    t.strictSame(removed(await anonymous.post('/logout')),
      both('refresh_token_lf', 'access_token_lf', 'apikey_tkn_lflw'))
    const set = [(await boss.signInAgain()).headers['set-cookie'] ?? []].flat().find(line => line.startsWith('access'))
    const cleared = [refused.headers['set-cookie'] ?? []].flat().findLast(line => line.startsWith('access'))
    const attributes = (line = '') => line.split('; ').slice(1).filter(part => !/^(expires|max-age)=/i.test(part)).sort()
    t.strictSame(attributes(cleared), attributes(set), 'with the attributes of the original cookie')
  })
}

t.test('the first valid one of several cookies with one name counts', async t => {
  const { anonymous, as } = await buildApp(t)
  const { tokens: { access_token: good }, user } = await as('ada')
  const bob = (await as('bob')).tokens.access_token
  const whoami = async (...values: string[]) =>
    (await anonymous.get('/users/whoami', undefined, headers(values.map(access).join('; ')))).json().id
  t.equal(await whoami('junk', good), user.id)
  t.equal(await whoami(asExpired(good), 'junk', '', good), user.id)
  t.equal(await whoami(`"${good}"`), user.id, 'in quotes')
  t.equal(await whoami(good, bob), user.id, 'the first valid one')
  t.equal(await whoami('junk', 'junk', 'junk', 'junk', 'junk', good), user.id, 'equal values count once')
  t.equal(await whoami('a', 'b', 'c', good), user.id)
  t.equal(await whoami('a', 'b', 'c', 'd', good), undefined, 'four are read')
  const session = await anonymous.get('/session', undefined, headers(`${access('junk')}; ${access(good)}`))
  t.match(session.json(), { authenticated: true, user: { username: 'ada' } })
  const other = await anonymous.get('/users/whoami', undefined, headers(`${access('junk')}; ${refresh(good)}`))
  t.equal(other.statusCode, 401, 'cookies of other names do not help')
  const foreign = await anonymous.delete('/sessions', undefined,
    headers(`${access('junk')}; ${access(good)}`, { 'sec-fetch-site': 'cross-site' }))
  t.equal(foreign.statusCode, 403)
})

async function refreshing (t: Test, env = {}) {
  const built = await buildApp(t, { env })
  const { tokens } = await built.as('ada')
  const send = (...values: string[]) =>
    built.anonymous.post('/refresh', undefined, headers(values.map(refresh).join('; ')))
  return { ...built, tokens, send }
}

t.test('a used refresh cookie beside its successor ends no session, and the successor is used', async t => {
  const { send, tokens, clock, as, anonymous } = await refreshing(t, { LANGFLOW_COOKIE_DOMAIN: 'example.org' })
  const next = (await send('junk', tokens.refresh_token)).json().refresh_token
  t.ok(next)
  clock.advance(60)
  const answer = await send(tokens.refresh_token, next)
  t.equal(answer.statusCode, 200, 'the earlier host-only cookie, first')
  t.strictSame(removed(answer), ['refresh_token_lf'], 'it is removed')
  const bob = (await as('bob')).tokens
  await anonymous.post('/logout', undefined, headers(refresh(bob.refresh_token)))
  const { statusCode } = await send(bob.refresh_token, answer.json().refresh_token)
  t.equal(statusCode, 200, 'neither does one of another session')
  clock.advance(60)
  t.equal((await send(next)).statusCode, 401, 'a used one without its successor counts as stolen')
})

t.test('sign-out ends the sessions of all cookies with one name', async t => {
  const { anonymous, as } = await buildApp(t)
  const ada = await as('ada')
  const tokens = []
  for (let n = 0; n < 4; n++) tokens.push((await ada.signInAgain()).json())
  const [a, b, c, d] = tokens
  const cookie = [access('junk'), access(a.access_token), access(b.access_token), refresh(c.refresh_token),
    refresh(d.refresh_token), refresh('junk')].join('; ')
  t.equal((await anonymous.post('/logout', undefined, headers(cookie))).statusCode, 200)
  for (const { access_token: token } of tokens) {
    t.equal((await anonymous.get('/users/whoami', undefined, headers(access(token)))).statusCode, 401)
  }
  t.equal((await ada.get('/users/whoami')).statusCode, 200, 'other sessions continue')
})
