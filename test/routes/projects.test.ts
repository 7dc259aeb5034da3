import t from 'tap'
import { ADMIN, buildApp } from '../helpers/app.ts'

const data = { nodes: [], edges: [] }
const nowhere = '00000000-0000-4000-8000-000000000000'

t.test('every account, including the superuser, starts with one project', async t => {
  const { as, admin, db } = await buildApp(t)
  for (const client of [await as('ada'), await admin()]) {
    const [first, ...more] = (await client.get('/projects/')).json()
    t.strictSame(first, {
      id: first.id,
      name: 'Starter Project',
      description: 'Manage your own flows. Download and upload projects.',
      parent_id: null,
      auth_settings: null,
      is_owner: true
    })
    t.equal(more.length, 0)
  }
  t.equal(await db.project.count({ where: { user: { username: ADMIN.username } } }), 1)
})

t.test('owners create, change and fill projects', async t => {
  const { as } = await buildApp(t)
  const [ada, bob] = [await as('ada'), await as('bob')]
  const make = async (body: object, client = ada) => (await client.post('/flows/', { name: 'x', data, ...body })).json()
  const [flow, part, bobs] = [await make({}), await make({ is_component: true }), await make({}, bob)]

  const created = await ada.post('/projects/', {
    name: 'P1', description: 'd', flows_list: [flow.id, bobs.id, nowhere], components_list: [part.id]
  })
  t.equal(created.statusCode, 201)
  const project = created.json()
  t.equal(created.headers.location, `/api/v1/projects/${project.id}`)
  t.match(project, { name: 'P1', description: 'd', parent_id: null })
  const whole = (await ada.get(`/projects/${project.id}`)).json()
  t.match(whole, { id: project.id, name: 'P1' })
  t.strictSame(whole.flows.map(({ id }: { id: string }) => id).sort(), [flow.id, part.id].sort())
  t.equal((await bob.get(`/flows/${bobs.id}`)).json().folder_id, bobs.folder_id, 'flows of other users are not moved')
  t.equal((await ada.post('/projects/', { name: 'P1' })).json().name, 'P1 (1)')

  const change = (body: object) => ada.patch(`/projects/${project.id}`, body)
  t.match((await change({ name: 'P2', description: null })).json(), { name: 'P2', description: 'd' })
  t.match((await change({ name: 'P1 (1)' })).json(), { code: 'project_name_taken' })
  t.equal((await ada.get(`/projects/${project.id}`)).json().flows.length, 2, 'flows remain in their project if they are not moved')
  const [starter] = (await ada.get('/projects/')).json()
  t.equal((await ada.patch(`/projects/${starter.id}`, { flows: [flow.id, bobs.id] })).statusCode, 200)
  t.equal((await ada.get(`/flows/${flow.id}`)).json().folder_id, starter.id)

  for (const body of [{}, { name: '' }, { name: 1 }, { name: 'a\u0000' }, { name: 'x', flows_list: ['1'] }, []]) {
    t.equal((await ada.post('/projects/', body)).statusCode, 422, JSON.stringify(body))
  }
})

t.test('projects are read in pages', async t => {
  const { as, clock } = await buildApp(t)
  const ada = await as('ada')
  const [{ id }] = (await ada.get('/projects/')).json()
  for (let i = 0; i < 7; i++) {
    clock.advance(1)
    await ada.post('/flows/', { name: i === 3 ? '50%' : `flow ${i}`, data, is_component: i === 6 })
  }
  const read = async (query: string) => {
    const { folder, flows } = (await ada.get(`/projects/${id}?${query}`)).json()
    t.match(folder, { id, name: 'Starter Project' })
    return [flows.total, flows.pages, ...flows.items.map(({ name }: { name: string }) => name)]
  }
  t.strictSame(await read('page=1&size=3'), [7, 3, 'flow 6', 'flow 5', 'flow 4'])
  t.strictSame(await read('page=3&size=3'), [7, 3, 'flow 0'])
  t.strictSame(await read('page=4&size=3'), [7, 3])
  t.strictSame(await read('page=1&is_component=true'), [1, 1, 'flow 6'])
  t.strictSame(await read('page=1&size=2&is_flow=true&is_component=false'), [6, 3, 'flow 5', 'flow 4'])
  t.strictSame(await read('page=1&search=%25'), [1, 1, '50%'])
  t.strictSame(await read('page=1&search=FLOW%201'), [1, 1, 'flow 1'])
  for (const query of ['page=0', 'size=101', 'page=1&search=%00']) {
    t.equal((await ada.get(`/projects/${id}?${query}`)).statusCode, 422, query)
  }
})

t.test('deleting a project deletes its flows; an empty one replaces the last project', async t => {
  const { as, db } = await buildApp(t)
  const ada = await as('ada')
  const project = (await ada.post('/projects/', { name: 'P' })).json()
  const flow = (await ada.post('/flows/', { name: 'x', data, folder_id: project.id })).json()
  await ada.post('/flows/', { name: 'y', data })
  const deleted = await ada.delete(`/projects/${project.id}`)
  t.strictSame([deleted.statusCode, deleted.body], [204, ''])
  t.equal((await ada.get(`/flows/${flow.id}`)).statusCode, 404)
  t.equal((await ada.delete(`/projects/${project.id}`)).statusCode, 404)

  const [last] = (await ada.get('/projects/')).json()
  await ada.delete(`/projects/${last.id}`)
  t.equal(await db.flow.count(), 0)
  const [fresh, ...more] = (await ada.get('/projects/')).json()
  t.match(fresh, { name: 'Starter Project' })
  t.not(fresh.id, last.id)
  t.equal(more.length, 0)
  t.equal((await ada.post('/flows/', { name: 'x', folder_id: last.id })).json().folder_id, fresh.id)

  const second = (await ada.post('/projects/', { name: 'second' })).json()
  await Promise.all([ada.delete(`/projects/${fresh.id}`), ada.delete(`/projects/${second.id}`)])
  t.equal((await ada.get('/projects/')).json().length, 1, 'of two projects deleted at once, one is replaced')
})

t.test('/folders redirects to /projects', async t => {
  const { as, anonymous } = await buildApp(t)
  const ada = await as('ada')
  for (const [from, to] of [
    ['/folders/', '/projects/'], ['/folders', '/projects/'], [`/folders/${nowhere}?page=1&size=2`, `/projects/${nowhere}?page=1&size=2`],
    ['/folders/?a=b', '/projects/?a=b'], ['/folders//evil.example', '/projects//evil.example']
  ] as const) {
    const response = await ada.get(from)
    t.equal(response.statusCode, 307, from)
    t.equal(response.headers.location, `/api/v1${to}`, from)
  }
  t.equal((await anonymous.post('/folders/', { name: 'x' })).statusCode, 307, 'with the same method')
})
