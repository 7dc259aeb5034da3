import t from 'tap'
import { buildApp, createClient } from '../helpers/app.ts'
import { dumpDatabase, needsPostgres, openPostgres } from '../helpers/database.ts'

t.test('none of 1,000 API keys is in a database dump, in the logs or in a response other than the first', {
  timeout: 120_000, ...needsPostgres
}, async t => {
  const { database, url } = await openPostgres()
  const { app, as, logs } = await buildApp(t, { database })
  const ada = await as('ada')
  const keys: string[] = []
  for (let n = 0; n < 1000; n++) keys.push((await ada.post('/api_key/', { name: `key ${n}` })).json().api_key)
  const client = createClient(app, { headers: { 'x-api-key': keys[0] } })
  const answers = [
    await client.get('/users/whoami'), await client.get('/api_key/'),
    await createClient(app, { headers: { 'x-api-key': `${keys[1]}x` } }).get('/users/whoami'),
    await createClient(app).get(`/users/whoami?x-api-key=${keys[2]}`)
  ].map(({ body }) => body).join('\n')
  const dump = dumpDatabase(url)
  t.ok(dump.includes('key 999'), 'the dump is one')
  const log = logs.join('')
  for (const [name, text] of Object.entries({ dump, log, answers })) {
    t.strictSame(keys.filter(key => text.includes(key) || text.includes(key.slice(9, -5))), [], `no key in the ${name}`)
  }
})
