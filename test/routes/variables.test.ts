import t from 'tap'
import { parseSecretKey } from '../../src/crypto/secret-key.ts'
import { buildApp, TEST_KEY } from '../helpers/app.ts'

type As = Awaited<ReturnType<Awaited<ReturnType<typeof buildApp>>['as']>>

const SECRET = 'sk-a-secret-nobody-may-see'
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

const credential = (name: string, value = SECRET) => ({ name, value, type: 'Credential', default_fields: null })
const generic = (name: string, value = 'plain') => ({ name, value, type: 'Generic', default_fields: ['api_base'] })

/** Creates a variable. @returns its ID */
const make = async (client: As, body: object): Promise<string> => (await client.post('/variables/', body)).json().id

t.test('values of Credentials are never returned, those of Generic variables are', async t => {
  const { as, db, logs } = await buildApp(t)
  const ada = await as('ada')
  const created = await ada.post('/variables/', {
    name: 'OPENAI_API_KEY', value: SECRET, default_fields: null, id: UNKNOWN, user_id: UNKNOWN, created_at: 'x'
  })
  t.equal(created.statusCode, 201)
  const { id } = created.json()
  t.not(id, UNKNOWN)
  t.equal(created.headers.location, `/api/v1/variables/${id}`)
  const expected = {
    id,
    name: 'OPENAI_API_KEY',
    type: 'Credential',
    value: null,
    default_fields: [],
    has_value: true,
    is_owner: true,
    can_manage_shares: true,
    validation_error: null,
    is_valid: null
  }
  t.strictSame(created.json(), expected)
  const other = await ada.post('/variables/', generic('API_BASE'))
  t.match(other.json(), { type: 'Generic', value: 'plain', default_fields: ['api_base'] })
  const listed = await ada.get('/variables/')
  t.strictSame(listed.json(), [other.json(), expected], 'ordered by name')
  const changed = await ada.patch(`/variables/${id}`, { id, value: 'another-secret-text', default_fields: ['k'] })
  t.strictSame(changed.json(), { ...expected, default_fields: ['k'] })

  const row = await db.variable.findUniqueOrThrow({ where: { id } })
  t.match(row.sealedValue, new RegExp(`^fg1:${parseSecretKey(TEST_KEY).keyId}:gAAAAA`))
  t.equal(row.plainValue, null)
  const seen = [created, listed, changed].map(({ body }) => body).concat(logs).join('\n')
  t.notMatch(seen, SECRET)
  t.notMatch(seen, 'another-secret-text')
})

t.test('empty names and values are rejected with the texts of Langflow', async t => {
  const ada = await (await buildApp(t)).as('ada')
  const cases: Array<[string, string, string]> = [
    ['', 'x', 'Variable name cannot be empty'],
    ['  ', 'x', 'Variable name cannot be empty'],
    ['x', '', 'Variable value cannot be empty'],
    ['', '', 'Variable name and value cannot be empty']
  ]
  for (const [name, value, detail] of cases) {
    const response = await ada.post('/variables/', { name, value, default_fields: null })
    t.equal(response.statusCode, 400)
    t.match(response.json(), { detail, code: 'empty_variable' })
  }
  const id = await make(ada, generic('A'))
  t.match((await ada.patch(`/variables/${id}`, { id, name: '' })).json(), { detail: 'Variable name cannot be empty' })
})

t.test('invalid fields get 422 with the field name, without the value', async t => {
  const ada = await (await buildApp(t)).as('ada')
  const id = await make(ada, generic('A'))
  const good = generic('B')
  const cases: Array<[object, string]> = [
    [{ ...good, name: 'x'.repeat(256) }, 'name'],
    [{ ...good, name: 'a\u0000b' }, 'name'],
    [{ ...good, name: 'a\ud800b' }, 'name'],
    [{ ...good, name: 7 }, 'name'],
    [{ ...good, value: 'x'.repeat(32 * 1024 + 1) }, 'value'],
    [{ ...good, value: 'é'.repeat(16 * 1024 + 1) }, 'value'],
    [{ ...good, value: 'echo-me\u0000' }, 'value'],
    [{ ...good, type: 'Credential', value: 'echo-me\ud800' }, 'value'],
    [{ ...good, value: ['echo-me'] }, 'value'],
    [{ ...good, type: 'credential' }, 'type'],
    [{ ...good, type: 1 }, 'type'],
    [{ ...good, default_fields: 'echo-me' }, 'default_fields'],
    [{ ...good, default_fields: ['a\u0000'] }, 'default_fields'],
    [{ ...good, default_fields: Array(101).fill('a') }, 'default_fields'],
    [{ name: 'B', value: 'x' }, 'default_fields'],
    [{ value: 'x', default_fields: null }, 'name'],
    [{ name: 'B', default_fields: null }, 'value']
  ]
  for (const [body, field] of cases) {
    const response = await ada.post('/variables/', body)
    t.equal(response.statusCode, 422, `${field}: ${response.body.slice(0, 100)}`)
    t.ok(response.json().detail.some(({ loc }: { loc: string[] }) => loc[0] === 'body' && loc[1] === field), field)
    t.notMatch(response.body, 'echo-me')
    if (!('default_fields' in body) || Object.keys(body).length < 4) continue
    t.equal((await ada.patch(`/variables/${id}`, { id, ...body })).statusCode, 422, `PATCH ${field}`)
  }
  for (const payload of ['[]', '"text"', 'null', '{', '1']) {
    const response = await ada.post('/variables/', payload, { headers: { 'content-type': 'application/json' } })
    t.equal(response.statusCode, 422, payload)
  }
  t.equal((await ada.patch(`/variables/${id}`, { name: 'no id in the body' })).statusCode, 422)
  t.equal((await ada.patch('/variables/nonsense', { id })).statusCode, 422)
  t.equal((await ada.delete('/variables/nonsense')).statusCode, 422)
  const longest = await ada.post('/variables/', { ...good, value: 'x'.repeat(32 * 1024) })
  t.equal(longest.statusCode, 201, 'exactly the limit')
})

t.test('names of variables are unique per account', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const values = ['1', '2', '3', '4', '5']
  const five = await Promise.all(values.map(value => ada.post('/variables/', credential('A', value))))
  t.strictSame(five.map(({ statusCode }) => statusCode).sort(), [201, 400, 400, 400, 400])
  t.match(five.find(({ statusCode }) => statusCode === 400)?.json(), {
    detail: 'Variable name already exists', code: 'variable_name_taken'
  })
  const id = await make(ada, generic('B'))
  const renamed = await ada.patch(`/variables/${id}`, { id, name: 'A' })
  t.equal(renamed.statusCode, 400)
  t.match(renamed.json(), { detail: 'Variable name already exists' })
  t.equal((await ada.patch(`/variables/${id}`, { id, name: 'B' })).statusCode, 200, 'the own name is not a conflict')
  t.equal((await bob.post('/variables/', generic('A'))).statusCode, 201, 'names are unique per account')
})

t.test('the number of variables is limited, also for concurrent requests', async t => {
  const { as } = await buildApp(t, { env: { LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: '3' } })
  const ada = await as('ada')
  const made = await Promise.all(Array.from({ length: 6 }, (_, n) => ada.post('/variables/', generic(`V${n}`))))
  t.strictSame(made.map(({ statusCode }) => statusCode).sort(), [201, 201, 201, 400, 400, 400])
  t.match(made.find(({ statusCode }) => statusCode === 400)?.json(), { code: 'too_many_variables' })
  t.equal((await ada.get('/variables/')).json().length, 3)
})

t.test('other users and superusers cannot read or change variables', async t => {
  const { as, admin, anonymous } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const ada = await as('ada')
  const id = await make(ada, credential('A'))
  const own = await make(ada, generic('OWN'))
  for (const other of [await as('bob'), await admin()]) {
    const answers = [
      await other.patch(`/variables/${id}`, { id, name: 'taken' }),
      await other.delete(`/variables/${id}`),
      await other.get(`/variables/${id}/value`),
      await other.delete(`/variables/${UNKNOWN}`)
    ]
    for (const response of answers) {
      t.equal(response.statusCode, 404)
      t.match(response.json(), { detail: 'Variable not found', code: 'variable_not_found' })
    }
    t.strictSame((await other.get('/variables/')).json(), [])
  }
  t.match((await ada.patch(`/variables/${own}`, { id, name: 'RENAMED' })).json(), { id: own }, 'the path decides')
  t.match((await ada.get('/variables/')).json(), [{ id, name: 'A' }, { id: own, name: 'RENAMED' }])
  t.equal((await ada.delete(`/variables/${id.toUpperCase()}`)).statusCode, 204, 'with any spelling of the ID')
  t.equal((await ada.delete(`/variables/${id}`)).statusCode, 404)
  for (const response of [
    await anonymous.get('/variables/'), await anonymous.post('/variables/', {}),
    await anonymous.patch(`/variables/${id}`, {}), await anonymous.delete(`/variables/${id}`),
    await anonymous.get(`/variables/${id}/value`)
  ]) t.equal(response.statusCode, 403)
})

t.test('a Credential becomes readable only with a new value', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const id = await make(ada, credential('A'))
  for (const value of [undefined, null, '']) {
    const refused = await ada.patch(`/variables/${id}`, { id, type: 'Generic', value })
    t.equal(refused.statusCode, 404)
    t.match(refused.json(), { code: 'credential_needs_value' })
    t.notMatch(refused.body, SECRET)
  }
  t.match((await ada.get('/variables/')).json(), [{ type: 'Credential', value: null, has_value: true }])
  const opened = await ada.patch(`/variables/${id}`, { id, type: 'Generic', value: 'public' })
  t.match(opened.json(), { type: 'Generic', value: 'public' })
  t.equal((await db.variable.findUniqueOrThrow({ where: { id } })).sealedValue, null)
  const closed = await ada.patch(`/variables/${id}`, { id, type: 'Credential' })
  t.match(closed.json(), { type: 'Credential', value: null, has_value: true })
  t.equal((await db.variable.findUniqueOrThrow({ where: { id } })).plainValue, null, 'the plain text was removed')
})

t.test('null and an empty value leave fields unchanged', async t => {
  const { as } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const ada = await as('ada')
  const id = await make(ada, credential('A'))
  const response = await ada.patch(`/variables/${id}`, { id, name: null, value: '', type: null, default_fields: null })
  t.match(response.json(), { name: 'A', type: 'Credential', default_fields: [] })
  t.equal((await ada.get(`/variables/${id}/value`)).json().value, SECRET)
})

t.test('names like __this__ are hidden in lists', async t => {
  const ada = await (await buildApp(t)).as('ada')
  const id = await make(ada, generic('__hidden__'))
  await make(ada, generic('__shown'))
  t.match((await ada.get('/variables/')).json(), [{ name: '__shown' }])
  t.equal((await ada.delete(`/variables/${id}`)).statusCode, 204)
})

t.test('a value that looks like ciphertext is stored as a value', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const sealed = await make(ada, credential('A'))
  const { sealedValue } = await db.variable.findUniqueOrThrow({ where: { id: sealed } })
  for (const value of [sealedValue, 'gAAAAABnothing']) {
    const response = await ada.post('/variables/', generic(`of ${value?.length}`, value ?? ''))
    t.match(response.json(), { value, has_value: true })
  }
})

t.test('only owners read values, with a credential in a header, if the setting allows it', async t => {
  const closed = await buildApp(t)
  const carol = await closed.as('carol')
  const off = await carol.get(`/variables/${await make(carol, credential('A'))}/value`)
  t.equal(off.statusCode, 403)
  t.match(off.json(), { code: 'secret_read_disabled', detail: /LANGFLOW_ENABLE_SECRET_READ=true/ })

  const { as, logs } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const ada = await as('ada')
  const id = await make(ada, credential('A'))
  const response = await ada.get(`/variables/${id}/value`)
  t.strictSame(response.json(), { id, name: 'A', value: SECRET })
  t.equal(response.headers['cache-control'], 'no-store')
  const byCookie = await ada.browser.get(`/variables/${id}/value`)
  t.equal(byCookie.statusCode, 403)
  t.match(byCookie.json(), { code: 'header_credential_required' })
  const audit = logs.map(line => JSON.parse(line)).filter(({ event }) => event === 'secret_read')
  t.match(audit, [{ event: 'secret_read', variable: id, user: ada.user.id, request_id: String }])
  t.equal(audit.length, 1)
  t.notMatch(logs.join('\n'), SECRET)
})

t.test('values are not returned without credentials', async t => {
  const { anonymous, db } = await buildApp(t, {
    env: {
      LANGFLOW_AUTO_LOGIN: 'true', LANGFLOW_SKIP_AUTH_AUTO_LOGIN: 'true', LANGFLOW_ENABLE_SECRET_READ: 'true'
    }
  })
  const { id } = (await anonymous.post('/variables/', credential('A'))).json()
  const refused = await anonymous.get(`/variables/${id}/value`)
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { code: 'header_credential_required' })
  t.equal(await db.variable.count(), 1)
})

t.test('a damaged, moved or foreign secret is marked, explained and deletable', async t => {
  const { as, db } = await buildApp(t, { env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const ada = await as('ada')
  const { keyId } = parseSecretKey(TEST_KEY)
  const ids = { flipped: '', foreign: '', good: '', moved: '' }
  for (const name of ['flipped', 'foreign', 'good', 'moved'] as const) ids[name] = await make(ada, credential(name))
  const sealedOf = async (id: string) => (await db.variable.findUniqueOrThrow({ where: { id } })).sealedValue ?? ''
  const store = (id: string, sealedValue: string) => db.variable.update({ where: { id }, data: { sealedValue } })
  const sealed = await sealedOf(ids.flipped)
  await store(ids.flipped, sealed.slice(0, 60) + (sealed[60] === 'A' ? 'B' : 'A') + sealed.slice(61))
  await store(ids.foreign, (await sealedOf(ids.foreign)).replace(keyId, '0123456789'))
  await store(ids.moved, await sealedOf(ids.good))

  const listed = await ada.get('/variables/')
  t.equal(listed.statusCode, 200)
  const bad = { value: null, has_value: false, is_valid: false }
  t.match(listed.json(), [
    { name: 'flipped', ...bad, validation_error: new RegExp(`^unreadable: .*damaged.*${keyId}`) },
    { name: 'foreign', ...bad, validation_error: /^unreadable: .*0123456789, which is not configured/ },
    { name: 'good', has_value: true, is_valid: null, validation_error: null },
    { name: 'moved', has_value: true }
  ])
  t.equal((await ada.get(`/variables/${ids.good}/value`)).json().value, SECRET)
  for (const [name, key] of [['flipped', keyId], ['foreign', '0123456789'], ['moved', keyId]] as const) {
    const response = await ada.get(`/variables/${ids[name]}/value`)
    t.equal(response.statusCode, 409)
    t.match(response.json(), { code: 'unreadable_secret', detail: new RegExp(`"${name}".*unreadable.*${key}`) })
    t.equal((await ada.patch(`/variables/${ids[name]}`, { id: ids[name], name: `${name}-2` })).statusCode, 200)
    t.equal((await ada.delete(`/variables/${ids[name]}`)).statusCode, 204)
  }
  const id = await make(ada, credential('repaired'))
  await store(id, 'nonsense')
  t.match((await ada.get('/variables/')).json()[1], { name: 'repaired', ...bad })
  t.match((await ada.patch(`/variables/${id}`, { id, value: 'new-value' })).json(), { has_value: true, is_valid: null })
  t.equal((await ada.get(`/variables/${id}/value`)).json().value, 'new-value')
})

t.test('deleting an account deletes its variables, and prevents new ones', async t => {
  const { as, admin, db } = await buildApp(t)
  const [ada, boss] = [await as('ada'), await admin()]
  await make(ada, credential('A'))
  const answers = await Promise.all([
    boss.delete(`/users/${ada.user.id}`),
    ...Array.from({ length: 5 }, (_, n) => ada.post('/variables/', generic(`V${n}`)))
  ])
  for (const { statusCode } of answers) t.ok([200, 201, 401].includes(statusCode), String(statusCode))
  t.equal(await db.variable.count(), 0)
})
