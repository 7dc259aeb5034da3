import t from 'tap'
import { loadConfig } from '../../src/config.ts'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'

const FROM_ENV = 'sk-from-the-environment'
const env = {
  LANGFLOW_STORE_ENVIRONMENT_VARIABLES: 'true',
  LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: 'MY_KEY,MISSING',
  LANGFLOW_ENABLE_SECRET_READ: 'true',
  OPENAI_API_KEY: FROM_ENV,
  MY_KEY: 'mine',
  GROQ_API_KEY: '  ',
  UNNAMED: 'not offered'
}

t.test('nothing is imported without the setting', async t => {
  const { as, db } = await buildApp(t, { env: { ...env, LANGFLOW_STORE_ENVIRONMENT_VARIABLES: 'false' } })
  await as('ada')
  t.equal(await db.variable.count(), 0)
  t.strictSame(loadConfig([{ label: 'test', values: { MY_KEY: 'mine' } }]).environmentVariables, {})
})

t.test('each account gets each variable once, as a Credential', async t => {
  const { as, admin, db, logs } = await buildApp(t, { env })
  t.equal(await db.variable.count({ where: { user: { username: ADMIN.username } } }), 2, 'the superuser at the start')
  const ada = await as('ada')
  const list = (await ada.get('/variables/')).json()
  t.match(list, [
    { name: 'MY_KEY', type: 'Credential', value: null }, { name: 'OPENAI_API_KEY', type: 'Credential', value: null }])
  t.equal(list.length, 2)
  t.equal((await ada.get(`/variables/${list[1].id}/value`)).json().value, FROM_ENV)
  await admin()
  t.equal(await db.variable.count(), 4)
  t.notMatch(logs.join('\n'), FROM_ENV)
})

t.test('saved variables are not overwritten, and deleted ones are not imported again', async t => {
  const database = await openLasting(t)
  const first = await buildApp(t, { database, env: { LANGFLOW_ENABLE_SECRET_READ: 'true' } })
  const ada = await first.as('ada')
  const own = { name: 'OPENAI_API_KEY', value: 'her own', default_fields: null }
  const { id } = (await ada.post('/variables/', own)).json()
  await first.app.close()

  const second = await buildApp(t, { database, env })
  const again = await second.as('ada')
  t.equal((await again.get(`/variables/${id}/value`)).json().value, 'her own')
  const [mine] = (await again.get('/variables/')).json()
  t.equal(mine.name, 'MY_KEY')
  t.equal((await again.delete(`/variables/${mine.id}`)).statusCode, 204)
  await Promise.all([second.as('ada'), second.as('ada'), second.as('ada')])
  t.match((await again.get('/variables/')).json(), [{ name: 'OPENAI_API_KEY', id }])
  await again.delete(`/variables/${id}`)
  await second.as('ada')
  t.strictSame((await again.get('/variables/')).json(), [])
})

t.test('concurrent sign-ins import once, within the limit', async t => {
  const { login, anonymous, db } = await buildApp(t, { env: { ...env, LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: '1' } })
  await anonymous.post('/users/', { username: 'ada', password: 'a pass phrase' })
  const answers = await Promise.all(Array.from({ length: 5 }, () => login('ada', 'a pass phrase')))
  t.ok(answers.every(({ statusCode }) => statusCode === 200))
  t.equal(await db.variable.count({ where: { user: { username: 'ada' } } }), 1)
})

t.test('settings of the server are not imported', async t => {
  for (const name of ['LANGFLOW_SECRET_KEY', 'DATABASE_URL']) {
    t.throws(() => loadConfig([{ label: 'test', values: { LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: name } }]), {
      message: new RegExp(`LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: ${name} is a setting of this server`)
    })
  }
})
