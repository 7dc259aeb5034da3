import t from 'tap'
import { buildApp } from '../helpers/app.ts'

const data = { nodes: [{ id: 'n1', data: { b: 1, a: [1.5, null, 'ü\u0000\ud800'] } }], edges: [], viewport: { x: 0 } }
const nowhere = '00000000-0000-4000-8000-000000000000'

t.test('a created flow has the expected fields; requests cannot choose its owner', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const response = await ada.post('/flows/', {
    name: 'My Flow', data, tags: ['x'], whatever: 1,
    user_id: bob.user.id, id: nowhere, updated_at: '2001-01-01T00:00:00Z'
  })
  t.equal(response.statusCode, 201)
  const flow = response.json()
  t.equal(response.headers.location, `/api/v1/flows/${flow.id}`)
  const [{ id: folder }] = (await ada.get('/projects/')).json()
  t.strictSame(flow, {
    id: flow.id,
    name: 'My Flow',
    description: null,
    data,
    is_component: false,
    updated_at: flow.updated_at,
    folder_id: folder,
    user_id: ada.user.id,
    endpoint_name: null,
    access_type: 'PRIVATE',
    icon: null,
    icon_bg_color: null,
    gradient: null,
    webhook: false,
    tags: ['x'],
    locked: false,
    mcp_enabled: false,
    action_name: null,
    action_description: null
  })
  t.not(flow.id, nowhere)
  t.match(flow.updated_at, /^20(?!01)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
  t.strictSame((await ada.get(`/flows/${flow.id}`)).json(), flow)
  t.strictSame((await ada.get('/flows/')).json(), [flow])
})

t.test('flow content is returned unchanged, with any strings and numbers', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const text = '{"name":"x","data":{"z":1,"nodes":[{"toJSON":"no","$type":"Raw","constructor":{"a":1},' +
    '"\\u0000":"\\ud83d","n":[1e-7,-0,12345678901234567890,1.0]}],"edges":[],"10":1,"9":2,"a":{},"a":null}}'
  const created = await ada.post('/flows/', text, { headers: { 'content-type': 'application/json' } })
  t.equal(created.statusCode, 201)
  const { id } = created.json()
  const sent = text.slice(text.indexOf('"data":') + '"data":'.length, -1)
  for (const body of [
    created.body, (await ada.get(`/flows/${id}`)).body, (await ada.get('/flows/')).body,
    (await ada.get('/flows/?get_all=false')).body, (await ada.patch(`/flows/${id}`, { name: 'y' })).body
  ]) t.ok(body.includes(`"data":${sent}`), 'digits, members, their order and repetition')
  for (const empty of [null, {}]) {
    const made = await ada.post('/flows/', { name: 'e', data: empty })
    t.strictSame((await ada.get(`/flows/${made.json().id}`)).json().data, empty)
  }
})

t.test('invalid flows are rejected with position and reason', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const json = { headers: { 'content-type': 'application/json' } }
  const cases: Array<[object | string, unknown[], string]> = [
    [{}, ['body', 'name'], 'missing'], [{ name: 1 }, ['body', 'name'], 'string_type'],
    [{ name: null }, ['body', 'name'], 'string_type'], [{ name: 'x'.repeat(513) }, ['body', 'name'], 'string_too_long'],
    [{ name: 'a\u0000' }, ['body', 'name'], 'string_unicode'], [{ name: '\ud800' }, ['body', 'name'], 'string_unicode'],
    [{ name: 'x', data: [] }, ['body', 'data'], 'dict_type'], [{ name: 'x', data: 'x' }, ['body', 'data'], 'dict_type'],
    [{ name: 'x', data: { edges: [] } }, ['body', 'data'], 'value_error'],
    [{ name: 'x', data: { nodes: [] } }, ['body', 'data'], 'value_error'],
    [`{"name":"x","data":{"nodes":${deep(1000)},"edges":[]}}`, ['body', 'data'], 'value_error'],
    [`{"name":"x","data":{"nodes":${deep(100_000)},"edges":[]}}`, ['body', 0], 'json_invalid'],
    ['{"name":"x","data":{"nodes":[1e999],"edges":[]}}', ['body', 'data'], 'value_error'],
    ['{"name":"x","data":{"nodes":[],"edges":[],"__proto__":{"a":1}}}', ['body', 0], 'json_invalid'],
    ['{"name":"x","data":', ['body', 19], 'json_invalid'],
    [{ name: 'x', endpoint_name: 'a b' }, ['body', 'endpoint_name'], 'string_pattern_mismatch'],
    [{ name: 'x', icon_bg_color: 'red' }, ['body', 'icon_bg_color'], 'string_pattern_mismatch'],
    [{ name: 'x', access_type: 'SHARED' }, ['body', 'access_type'], 'enum'],
    [{ name: 'x', folder_id: `urn:uuid:${nowhere}` }, ['body', 'folder_id'], 'uuid_parsing'],
    [{ name: 'x', tags: ['\u0000'] }, ['body', 'tags', 0], 'string_unicode'],
    [{ name: 'x', description: 'a\u0000' }, ['body', 'description'], 'string_unicode'],
    [{ name: 'x', is_component: 'yes' }, ['body', 'is_component'], 'bool_type']
  ]
  for (const [body, loc, type] of cases) {
    const response = await ada.post('/flows/', body, json)
    const label = `${type} at ${loc.join('.')}`
    t.equal(response.statusCode, 422, label)
    t.match(response.json(), { code: 'invalid_request', detail: [{ type, loc, msg: String }] }, label)
  }
  t.match((await ada.post('/flows/', { name: 'x', data: { a: 1 } })).json().detail,
    [{ msg: 'Value error, Flow must have nodes' }])
  t.equal((await ada.get('/flows/1')).statusCode, 422)
  t.equal((await ada.get(`/flows/urn:uuid:${nowhere}`)).statusCode, 422)
  t.equal((await ada.get(`/flows/${nowhere}`)).statusCode, 404)
  t.equal(await db.flow.count(), 0)
})

t.test('existing flow names and endpoint names get a number', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const names: string[] = []
  for (const name of ['F', 'F', 'F', 'F (1)', 'F', '', '', 'a_b', 'axb', 'a_b', '😀', '😀']) {
    names.push((await ada.post('/flows/', { name })).json().name)
  }
  t.strictSame(names, [
    'F', 'F (1)', 'F (2)', 'F (1) (1)', 'F (3)', '', ' (1)', 'a_b', 'axb', 'a_b (1)', '😀', '😀 (1)'])
  t.equal((await bob.post('/flows/', { name: 'F' })).json().name, 'F', 'names are unique per account')
  const endpoints: string[] = []
  for (const name of ['ep', 'ep', 'ep', 'ep-1']) {
    endpoints.push((await ada.post('/flows/', { name: 'E', endpoint_name: name })).json().endpoint_name)
  }
  t.strictSame(endpoints, ['ep', 'ep-1', 'ep-2', 'ep-1-1'])
})

t.test('an update keeps other fields, and cannot use the name of another flow', async t => {
  const { as, db } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const given = { name: 'A', data, endpoint_name: 'a', description: 'd', tags: ['t'] }
  const made = (await ada.post('/flows/', given)).json()
  await ada.post('/flows/', { name: 'B', endpoint_name: 'b' })
  const change = (body: object) => ada.patch(`/flows/${made.id}`, body)

  t.strictSame({ ...(await change({})).json(), updated_at: '' }, { ...made, updated_at: '' })
  const nulls = Object.fromEntries([...Object.keys(given), 'folder_id', 'locked'].map(key => [key, null]))
  t.strictSame({ ...(await change(nulls)).json(), updated_at: '' }, { ...made, updated_at: '' }, 'null changes nothing')
  t.match((await change({ name: 'B' })).json(), { detail: 'Name must be unique', code: 'flow_name_taken' })
  t.match((await change({ endpoint_name: 'b' })).json(), { detail: 'Endpoint name must be unique' })
  t.equal((await change({ name: 'B' })).statusCode, 400)
  t.equal((await change({ name: 'A' })).statusCode, 200, 'the own name is available')
  t.equal((await change({ endpoint_name: '' })).json().endpoint_name, null)
  const changes = { locked: true, access_type: 'PUBLIC', data: { nodes: [], edges: [] } }
  const changed = await change({ ...changes, user_id: bob.user.id, id: nowhere })
  t.match(changed.json(), { ...changes, id: made.id, user_id: ada.user.id })
  const [{ id: bobs }] = (await bob.get('/projects/')).json()
  for (const folder of [bobs, nowhere]) {
    t.match((await change({ folder_id: folder })).json(), { detail: 'Project not found' })
  }
  t.equal((await db.flow.findUniqueOrThrow({ where: { id: made.id } })).userId, ada.user.id)
})

t.test('lists contain only own flows: complete, as headers, by page, by project, components', async t => {
  const { as, admin, clock } = await buildApp(t)
  const [ada, bob, boss] = [await as('ada'), await as('bob'), await admin()]
  const project = (await ada.post('/projects/', { name: 'P' })).json()
  for (let i = 0; i < 10; i++) {
    clock.advance(1)
    for (const client of [ada, bob]) await client.post('/flows/', { name: `flow ${i}`, data })
    await ada.post('/flows/', { name: `part ${i}`, data, is_component: true, folder_id: project.id })
  }
  const list = async (query: string, client = ada) => (await client.get(`/flows/${query}`)).json()
  t.equal((await list('')).length, 20)
  t.equal((await list('', bob)).length, 10)
  t.strictSame(await list('', boss), [], 'superusers see only their own flows')
  t.strictSame((await list(''))[0].data, data)
  t.ok((await list('?header_flows=true')).every(({ data }: { data: unknown }) => data === null))
  t.equal((await list('?components_only=true')).length, 10)
  t.equal((await list('?flows_only=true')).length, 10)
  t.equal((await list('?remove_example_flows=true')).length, 20)
  for (const word of ['True', '1', 'yes', 'ON']) t.equal((await list(`?components_only=${word}`)).length, 10, word)
  for (const word of ['False', '0', 'no']) t.equal((await list(`?components_only=${word}`)).length, 20, word)

  const page = await list('?get_all=false&page=2&size=8&header_flows=true')
  t.match(page, { total: 20, page: 2, size: 8, pages: 3 })
  t.equal(page.items.length, 8)
  const names = async (query: string) =>
    (await list(`?get_all=false&${query}`)).items.map(({ name }: { name: string }) => name)
  const order = [...await names('page=1&size=7'), ...await names('page=2&size=7'), ...await names('page=3&size=7')]
  t.equal(new Set(order).size, 20, 'pages contain each flow once')
  t.strictSame(order.filter(name => name.startsWith('flow')), Array.from({ length: 10 }, (_, i) => `flow ${9 - i}`))
  t.equal((await names(`folder_id=${project.id}`)).length, 10)
  t.equal((await names(`folder_id=${project.id.toUpperCase()}&components_only=true`)).length, 10)
  t.strictSame(await list('?get_all=false&page=99'), { items: [], total: 20, page: 99, size: 50, pages: 1 })
  const [{ id: bobs }] = (await bob.get('/projects/')).json()
  t.match(await list(`?get_all=false&folder_id=${bobs}`), { total: 0, items: [] })
  for (const query of ['size=0', 'size=101', 'page=0', 'page=x', 'folder_id=1', 'get_all=2', 'page=99999999999999']) {
    t.equal((await ada.get(`/flows/?get_all=false&${query}`)).statusCode, 422, query)
  }
})

t.test('users delete only their own flows, one or several at once', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const make = async (client = ada): Promise<string> => (await client.post('/flows/', { name: 'x', data })).json().id
  const [a, b, c, bobs] = [await make(), await make(), await make(), await make(bob)]
  const gone = await ada.delete(`/flows/${a.toUpperCase()}`)
  t.strictSame([gone.statusCode, gone.json()], [200, { message: 'Flow deleted successfully' }])
  t.match((await ada.delete(`/flows/${a}`)).json(), { detail: 'Flow not found' })
  t.strictSame((await ada.delete('/flows/', [a, b.toUpperCase(), c, bobs])).json(), { deleted: 2 })
  t.equal((await bob.get(`/flows/${bobs}`)).statusCode, 200)
  const json = { headers: { 'content-type': 'application/json' } }
  for (const body of [{}, 'x', ['x'], [null], [{}]]) {
    t.equal((await ada.delete('/flows/', JSON.stringify(body), json)).statusCode, 422)
  }
})

t.test('anyone reads a public flow without account and secrets; only the owner reads a private one', async t => {
  const { as, admin, anonymous } = await buildApp(t)
  const ada = await as('ada')
  const secret = {
    nodes: [{ data: { node: { template: { key: { password: true, value: 'hunter22' }, url: { value: 'u' } } } } }],
    edges: []
  }
  const { id } = (await ada.post('/flows/', { name: 'x', data: secret })).json()
  const read = () => anonymous.get(`/flows/public_flow/${id}`)
  t.strictSame([(await read()).statusCode, (await read()).json().detail], [404, 'Flow not found'])
  t.equal((await anonymous.get(`/flows/public_flow/${nowhere}`)).statusCode, 404)
  await ada.patch(`/flows/${id}`, { access_type: 'PUBLIC' })
  const response = await read()
  t.match(response.json(), { id, name: 'x', access_type: 'PUBLIC', user_id: null, folder_id: null })
  t.equal(response.json().data.nodes[0].data.node.template.url.value, 'u')
  t.notMatch(response.body, new RegExp(`hunter22|${ada.user.id}`))
  t.match((await ada.get(`/flows/${id}`)).body, 'hunter22')
  t.equal((await anonymous.get(`/flows/${id}`)).statusCode, 403)
  await (await admin()).patch(`/users/${ada.user.id}`, { is_active: false })
  t.equal((await read()).statusCode, 404, 'it is not public while its owner is inactive')
})
