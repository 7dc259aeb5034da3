import t from 'tap'
import { takenByIndex } from '../../src/services/upkeep/taken.ts'
import { buildApp } from '../helpers/app.ts'
import { openMemory, openPostgres, postgresUrl } from '../helpers/database.ts'
import { migrate } from '../../src/migrate.ts'

/** Unique indexes over values that clients cannot choose. A violation would be a fault of the server. */
const chosenByServer = [
  'projects_user_id_id_key', 'api_keys_digest_key', 'signing_keys_kid_algorithm_key'
]

t.test('every unique index that clients can violate has an error code', async t => {
  const database = await openMemory()
  const rows = await database.run<{ name: string }>({
    name: 'unique_indexes',
    text: `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE i.indisunique AND NOT i.indisprimary AND n.nspname = 'public'`
  }, [])
  t.strictSame(rows.map(({ name }) => name).sort(), [...Object.keys(takenByIndex), ...chosenByServer].sort())
  await database.close()
})

t.test('of two concurrent requests for a name, one succeeds and the other is told that it is taken', async t => {
  for (const engine of ['embedded', 'server']) {
    await t.test(engine, { skip: engine === 'server' && !postgresUrl }, async t => {
      const { database } = engine === 'server' ? await openPostgres() : { database: await openMemory() }
      if (engine === 'server') await migrate(database)
      const { as, anonymous, db } = await buildApp(t, { database })
      const ada = await as('ada')
      const flows = await Promise.all(['one', 'two', 'three'].map(async name =>
        (await ada.post('/flows/', { name, data: {} })).json()))
      const projects = await Promise.all(['one', 'two', 'three'].map(async name =>
        (await ada.post('/projects/', { name })).json()))
      const variables = await Promise.all(['ONE', 'TWO', 'THREE'].map(async name =>
        (await ada.post('/variables/', { name, value: 'x', default_fields: null })).json()))
      const races: Array<[string, Array<Promise<{ statusCode: number, json: () => { code: string } }>>, string]> = [
        ['flow', flows.map(({ id }) => ada.patch(`/flows/${id}`, { name: 'same' })), 'flow_name_taken'],
        ['endpoint', flows.map(({ id }) => ada.patch(`/flows/${id}`, { endpoint_name: 'same' })), 'endpoint_name_taken'],
        ['project', projects.map(({ id }) => ada.patch(`/projects/${id}`, { name: 'same' })), 'project_name_taken'],
        ['variable', variables.map(({ id }) => ada.patch(`/variables/${id}`, { id, name: 'SAME' })), 'variable_name_taken'],
        ['account', Array.from({ length: 3 }, () =>
          anonymous.post('/users/', { username: 'same', password: 'a pass phrase' })), 'username_taken']
      ]
      for (const [what, race, code] of races) {
        const answers = await Promise.all(race)
        const refused = answers.filter(({ statusCode }) => statusCode >= 300)
        t.equal(refused.length, 2, `${what}: one of three gets it`)
        for (const answer of refused) t.equal(`${answer.statusCode} ${answer.json().code}`, `400 ${code}`)
      }
      t.ok(db)
    })
  }
})

t.test('a name whose highest number is taken gets another number, even at the maximum length', async t => {
  const { as } = await buildApp(t)
  const ada = await as('ada')
  const names = async (path: string, body: (name: string) => object, wanted: string[]) => {
    const given = []
    for (const name of wanted) {
      const answer = await ada.post(path, body(name))
      t.equal(answer.statusCode, 201, `${path} ${name.slice(0, 30)}`)
      given.push(answer.json().name)
    }
    t.equal(new Set(given).size, given.length, 'all differ')
    return given as string[]
  }
  const full = ['A', 'A (99999999)', 'A (100000000)', 'A', 'A', 'A']
  const flow = (name: string) => ({ name, data: {} })
  for (const name of (await names('/flows/', flow, full)).slice(3)) t.match(name, /^A \(\d{9,14}\)$/)
  for (const name of (await names('/projects/', name => ({ name }), full)).slice(3)) t.match(name, /^A \(\d{9,14}\)$/)
  const endpoints = []
  for (const endpoint of ['a', 'a-99999999', 'a-100000000', 'a', 'a']) {
    const answer = await ada.post('/flows/', { name: 'endpoint', data: {}, endpoint_name: endpoint })
    t.equal(answer.statusCode, 201, endpoint)
    endpoints.push(answer.json().endpoint_name)
  }
  t.equal(new Set(endpoints).size, endpoints.length)

  const long = 'x'.repeat(512)
  const [, second = '', third = ''] = await names('/flows/', flow, [long, long, long])
  for (const name of [second, third]) t.ok(name.length <= 512, `${name.length} characters`)
  t.match(second, /x \(1\)$/)
  const [, project = ''] = await names('/projects/', name => ({ name }), [long, long])
  t.ok(project.length <= 512)
  const list = (await ada.get('/flows/?get_all=true')).json() as Array<{ id: string, name: string }>
  const { id = '' } = list.find(({ name }) => name === second) ?? {}
  t.equal((await ada.patch(`/flows/${id}`, { name: second })).statusCode, 200, 'and a client may send it back')

  const many = await ada.post('/flows/batch/', { flows: Array.from({ length: 20 }, () => flow('A')) })
  t.equal(many.statusCode, 201)
})
