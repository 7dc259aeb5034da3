import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, type Client } from '../helpers/app.ts'

const data = { nodes: [{ id: 'n' }], edges: [] }
const nowhere = '00000000-0000-4000-8000-000000000000'
const MIB = 1024 * 1024

/** Content whose JSON has an exact number of bytes. */
const sized = (bytes: number) => {
  const around = JSON.stringify({ nodes: [''], edges: [] }).length
  return { nodes: ['x'.repeat(bytes - around)], edges: [] }
}

function form (parts: Record<string, string | Buffer>) {
  const chunks = Object.entries(parts).flatMap(([name, content]) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"; filename="f.json"\r\n\r\n`),
    Buffer.from(content), Buffer.from('\r\n')
  ])
  return [
    Buffer.concat([...chunks, Buffer.from('--b--\r\n')]),
    { headers: { 'content-type': 'multipart/form-data; boundary=b' } }
  ] as const
}

const upload = (client: Client, file: unknown, query = '') =>
  client.post(`/flows/upload/${query}`, ...form({ file: JSON.stringify(file) }))

t.test('a batch creates all of its flows or none', async t => {
  const { as, db } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const response = await ada.post('/flows/batch/', {
    flows: [
      { name: 'a', data }, { name: 'a', endpoint_name: 'e', user_id: bob.user.id }, { name: 'a', endpoint_name: 'e' }
    ]
  })
  t.equal(response.statusCode, 201)
  t.match(response.json(), [
    { name: 'a', data, endpoint_name: null }, { name: 'a (1)', endpoint_name: 'e', user_id: ada.user.id },
    { name: 'a (2)', endpoint_name: 'e-1' }
  ])
  t.strictSame((await ada.post('/flows/batch/', { flows: [] })).json(), [])

  const bad = await ada.post('/flows/batch/', { flows: [{ name: 'b' }, { name: 'c', data: { nodes: [] } }] })
  t.equal(bad.statusCode, 422)
  t.match(bad.json().detail, [{ loc: ['body', 'flows', 1, 'data'], msg: 'Value error, Flow must have edges' }])
  t.match((await ada.post('/flows/batch/', { flows: [{}] })).json().detail, [{ loc: ['body', 'flows', 0, 'name'] }])
  const many = Array.from({ length: 1001 }, () => ({ name: 'x' }))
  t.equal((await ada.post('/flows/batch/', { flows: many })).statusCode, 422)
  t.equal(await db.flow.count(), 3)
  const most = await ada.post('/flows/batch/', { flows: many.slice(1) })
  t.equal(most.statusCode, 201)
  t.equal(new Set(most.json().map(({ name }: { name: string }) => name)).size, 1000)
})

t.test('uploads of one or several flows belong to the user who uploads them', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const foreign = { user_id: bob.user.id, id: nowhere }
  const one = await upload(ada, { name: 'one', data, ...foreign })
  t.equal(one.statusCode, 201)
  t.match(one.json(), [{ name: 'one', data, user_id: ada.user.id }])
  t.not(one.json()[0].id, nowhere)
  const project = (await ada.post('/projects/', { name: 'P' })).json()
  const several = await upload(ada, { flows: [{ name: 'one' }, { name: 'two' }] }, `?folder_id=${project.id}`)
  t.match(several.json(), [{ name: 'one (1)', folder_id: project.id }, { name: 'two', folder_id: project.id }])
  t.match((await upload(bob, { name: 'x' }, `?folder_id=${project.id}`)).json(), [{ user_id: bob.user.id }])
  t.equal((await bob.get('/flows/')).json().length, 1)
  t.not((await bob.get('/flows/')).json()[0].folder_id, project.id, 'other users\' projects are not used')
  const marked = await ada.post('/flows/upload/', ...form({ file: '\ufeff{"name":"bom"}' }))
  t.match(marked.json(), [{ name: 'bom' }])
})

t.test('invalid upload files are rejected', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const status = async (body: Buffer, contentType = 'multipart/form-data; boundary=b') =>
    (await ada.post('/flows/upload/', body, { headers: { 'content-type': contentType } })).statusCode
  t.match((await ada.post('/flows/upload/', ...form({ other: '{}' }))).json(),
    { detail: 'No file provided', code: 'no_file_provided' })
  t.equal((await ada.post('/flows/upload/', { name: 'x' })).statusCode, 400, 'JSON is no form')
  const cases: Array<[string | Buffer, Array<string | number>]> = [
    ['', ['body', 'file']], ['{', ['body', 'file']], [Buffer.from([0xff, 0xfe, 0x7b]), ['body', 'file']],
    ['null', ['body', 'file', 0]], ['1', ['body', 'file', 0]], ['[[]]', ['body', 'file', 0]],
    ['{}', ['body', 'file', 0, 'name']], ['{"flows":{}}', ['body', 'file']], ['{"flows":null}', ['body', 'file']],
    ['{"flows":[{"name":"x","data":{"a":1}}]}', ['body', 'file', 0, 'data']],
    ['{"name":"x","data":{"nodes":[],"edges":[],"__proto__":{}}}', ['body', 'file', 0, 'data']],
    [`{"name":"x","data":{"nodes":${'['.repeat(256)}${']'.repeat(256)},"edges":[]}}`, ['body', 'file', 0, 'data']],
    [`{"name":"x","data":{"nodes":${'['.repeat(99_999)}${']'.repeat(99_999)},"edges":[]}}`, ['body', 'file']]
  ]
  for (const [content, loc] of cases) {
    const response = await ada.post('/flows/upload/', ...form({ file: content }))
    t.equal(response.statusCode, 422, content.slice(0, 30).toString())
    t.match(response.json().detail, [{ loc }], content.slice(0, 30).toString())
  }
  t.equal(await status(form({ file: '{"name":"x"}', more: '{"name":"y"}' })[0]), 413, 'only one file')
  t.equal(await status(Buffer.from('--b\r\n')), 400)
  t.equal(await status(Buffer.from('x'), 'multipart/form-data'), 400)
  t.equal(await status(Buffer.from('x'), `multipart/form-data; boundary=${'b'.repeat(300)}`), 400)
  const [whole] = form({ file: '{"name":"x"}' })
  for (const length of [10, 60, whole.length - 10]) t.equal(await status(whole.subarray(0, length)), 400, `truncated at ${length}`)
  t.equal(await db.flow.count(), 0)
})

t.test('one flow is downloaded as JSON, several as an archive that can be uploaded', async t => {
  const { as, anonymous } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const odd = '"9":12345678901234567890,"1":-0,"1":1.0'
  const ids: string[] = []
  for (const name of ['../../etc/passwd', '..', 'A/b', 'a:b', 'ü "x"', '']) {
    const body = JSON.stringify({ name, data }).replace('"n"', `"n",${odd}`)
    ids.push((await ada.post('/flows/', body, { headers: { 'content-type': 'application/json' } })).json().id)
  }
  const bobs: string = (await bob.post('/flows/', { name: 'bob\'s', data })).json().id
  const [first = ''] = ids
  const one = await ada.post('/flows/download/', [first])
  t.match(one.headers['content-type'], /^application\/json/)
  t.strictSame(one.json(), (await ada.get(`/flows/${first}`)).json())

  const several = await ada.post('/flows/download/', [...ids, bobs, nowhere])
  t.equal(several.statusCode, 200)
  t.match(several.headers, {
    'content-type': 'application/zip', 'content-disposition': 'attachment; filename="langflow_flows.zip"'
  })
  const folder = mkdtempSync(join(t.testdir(), 'zip-'))
  writeFileSync(join(folder, 'flows.zip'), several.rawPayload)
  execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, 'flows.zip'), join(folder, 'out')])
  const names = readdirSync(join(folder, 'out')).sort()
  t.strictSame(names, ['A_b.json', '_.._etc_passwd.json', 'a_b (1).json', 'flow (1).json', 'flow.json', 'ü _x_.json'])
  for (const name of names) {
    const text = readFileSync(join(folder, 'out', name), 'utf8')
    t.ok(text.replace(/\s/g, '').includes(odd), 'token for token')
    t.match(text, /^\{\n {2}"id": /, 'indented')
    const flow = JSON.parse(text)
    t.match(flow, { data, user_id: ada.user.id })
    t.equal((await upload(bob, flow)).statusCode, 201)
  }

  for (const body of [[bobs], [nowhere]]) {
    const response = await ada.post('/flows/download/', body)
    t.strictSame([response.statusCode, response.json().detail], [404, 'No flows found.'])
  }
  t.equal((await ada.post('/flows/download/', [])).statusCode, 422)
  t.equal((await anonymous.post('/flows/download/', [first])).statusCode, 403)
})

t.test('a flow of 5 MiB is accepted, one of 6 MiB is rejected with the limit', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const most = sized(5 * MIB)
  const created = await ada.post('/flows/', { name: 'most', data: most })
  t.equal(created.statusCode, 201)
  const { id } = created.json()
  t.ok(JSON.stringify((await ada.get(`/flows/${id}`)).json().data) === JSON.stringify(most))
  t.ok(JSON.stringify((await ada.get('/flows/')).json()[0].data) === JSON.stringify(most))
  t.equal((await ada.patch(`/flows/${id}`, { data: most })).statusCode, 200)
  t.equal((await upload(ada, { name: 'again', data: most })).statusCode, 201)
  const two = { flows: [{ name: 'x', data: most }, { name: 'y', data: most }] }
  t.equal((await ada.post('/flows/batch/', two)).statusCode, 201)

  const text = 'The content of a flow may have 5 MiB at most (LANGFLOW_MAX_FLOW_SIZE_BYTES)'
  for (const bytes of [5 * MIB + 1, 6 * MIB, 7 * MIB]) {
    const flow = { name: 'more', data: sized(bytes) }
    for (const response of [
      await ada.post('/flows/', flow), await ada.patch(`/flows/${id}`, flow), await upload(ada, flow),
      await ada.post('/flows/batch/', { flows: [flow] })
    ]) {
      t.equal(response.statusCode, 413)
      t.match(response.json(), { detail: text, code: 'flow_too_large' })
    }
  }
  const huge = { flows: Array.from({ length: 7 }, () => ({ name: 'x', data: most })) }
  for (const response of [await ada.post('/flows/batch/', huge), await upload(ada, huge)]) {
    t.equal(response.statusCode, 413)
    t.match(response.json(), { detail: 'An upload may have 32 MiB at most (LANGFLOW_MAX_UPLOAD_SIZE_BYTES)' })
  }
  t.equal(await db.flow.count(), 4)

  const small = await buildApp(t, { env: { LANGFLOW_MAX_FLOW_SIZE_BYTES: '2048' } })
  const bob = await small.as('bob')
  t.equal((await bob.post('/flows/', { name: 'x', data: sized(2048) })).statusCode, 201)
  t.equal((await bob.post('/flows/', { name: 'x', data: sized(2049) })).statusCode, 413)
})

t.test('a cross-site form with a cookie changes nothing', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const [body, { headers }] = form({ file: '{"name":"x"}' })
  const response = await ada.browser.post('/flows/upload/', body, {
    headers: { ...headers, 'sec-fetch-site': 'cross-site' }
  })
  t.equal(response.statusCode, 403)
  t.equal(await db.flow.count(), 0)
})
