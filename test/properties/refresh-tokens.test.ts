import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { RunStatement } from '../../src/db/statements.ts'
import { buildApp } from '../helpers/app.ts'
import { openMemory } from '../helpers/database.ts'
import { decodeJwt, forgeJwt } from '../helpers/jwt.ts'
import { anyText, holds } from '../helpers/properties.ts'

const cookieText = anyText.map(text => text.replace(/[^\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]/g, ''))

t.test('a foreign or changed refresh token is rejected without a database query', async t => {
  const queries: string[] = []
  const opened = await openMemory()
  const run: RunStatement = (statement, values) => {
    if (statement.text.includes('sessions')) queries.push(statement.name)
    return opened.run(statement, values)
  }
  const { as, app, db } = await buildApp(t, { database: { ...opened, run } })
  const ada = await as('ada')
  const { access_token: access, refresh_token: refresh } = ada.tokens
  const claims = decodeJwt(refresh)
  for (const method of ['updateManyAndReturn', 'findFirst', 'updateMany'] as const) {
    const real = db.session[method]
    const counted = (...args: never[]) => { queries.push(method); return Reflect.apply(real, db.session, args) }
    Object.assign(db.session, { [method]: counted })
  }
  queries.length = 0

  const send = (token: string) => app.inject({
    method: 'POST', url: '/api/v1/refresh', headers: { cookie: `refresh_token_lf=${token}` }
  })
  const isRefused = async (token: string) => {
    const { statusCode, body, headers } = await send(token)
    equal(statusCode, 401, body)
    equal(JSON.parse(body).code, 'invalid_refresh_token')
    const set = [headers['set-cookie'] ?? []].flat().map(String)
    equal(set.every(line => /^\w+=; .*Max-Age=0/.test(line)), true, 'no cookie but those that are removed')
  }

  const parts = refresh.split('.')
  await holds(t, 'text of every kind', fc.asyncProperty(cookieText, isRefused))
  await holds(t, 'three parts of any kind', fc.asyncProperty(
    fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map(list => list.join('.')), isRefused))
  const aPlace = fc.nat({ max: refresh.length - 1 })
  await holds(t, 'one character changed, added or left out', fc.asyncProperty(
    aPlace, fc.constantFrom(...'AZaz09-_.~%', ''), fc.boolean(), async (at, character, isAdded) => {
      const changed = refresh.slice(0, at) + character + refresh.slice(isAdded ? at : at + 1)
      if (changed !== refresh) await isRefused(changed)
    }))
  await holds(t, 'parts of the access token among its own', fc.asyncProperty(
    fc.array(fc.constantFrom(...parts, ...access.split('.')), { minLength: 1, maxLength: 4 }), async list => {
      if (list.join('.') !== refresh) await isRefused(list.join('.'))
    }))
  const odd = fc.oneof(fc.jsonValue(), fc.constant(undefined))
  // Signed with the right key, as by another service with the key or by an older version.
  await holds(t, 'a claim of a wrong kind, well signed', fc.asyncProperty(
    fc.constantFrom('iss', 'sub', 'sid', 'jti', 'iat', 'exp', 'type', 'gen'), odd, async (name, value) => {
      const isFit = JSON.stringify(value) === JSON.stringify(claims[name]) ||
        (name === 'jti' && typeof value === 'string' && value !== '') ||
        (name === 'gen' && Number.isInteger(value) && Number(value) >= 0) ||
        (name === 'iat' && Number.isInteger(value) && Number(value) > Date.now() / 1000 - 10)
      if (!isFit) await isRefused(forgeJwt({ ...claims, [name]: value }))
    }))
  await holds(t, 'any JSON for claims, well signed', fc.asyncProperty(
    fc.jsonValue(), async value => isRefused(forgeJwt(value as Record<string, unknown>)))) // larger than any claims
  const aHeader = fc.dictionary(
    fc.constantFrom('alg', 'typ', 'kid', 'crit', 'jku', 'zip', 'b64'), fc.jsonValue(), { minKeys: 1 })
  await holds(t, 'another header', fc.asyncProperty(aHeader, async header => {
    const isOurs = Object.entries(header).every(([key, value]) => ({ alg: 'HS256', typ: 'JWT' })[key] === value)
    if (!isOurs) await isRefused(forgeJwt(claims, { header }))
  }))
  t.strictSame(queries, [], 'none of them was looked for')
  t.equal((await send(refresh)).statusCode, 200, 'and the real one is good to the end')
  t.strictSame(queries, ['flowgate_rotate_session'], 'and is')
})
