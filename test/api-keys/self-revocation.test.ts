import t from 'tap'
import { buildApp, createClient } from '../helpers/app.ts'

t.test('a person who finds a key can delete it, whatever restricts the key', async t => {
  const { app, as, logs } = await buildApp(t)
  const ada = await as('ada')
  for (const restriction of [
    {}, { scopes: ['flows:read'] }, { allowed_networks: ['192.0.2.0/24'] },
    { rate_limit: { limit: 1, window_seconds: 3600 } }
  ]) {
    const { api_key: key, id } = (await ada.post('/api_key/', restriction)).json()
    const client = createClient(app, { headers: { 'x-api-key': key } })
    await client.get('/flows/')
    await client.get('/flows/')
    const deleted = await client.delete('/api_key/self')
    t.match({ status: deleted.statusCode, body: deleted.json() }, { status: 200, body: { detail: 'API Key deleted' } },
      JSON.stringify(restriction))
    t.equal((await client.delete('/api_key/self')).statusCode, 403, 'it is gone')
    t.match(logs.filter(line => line.includes(id) && line.includes('"api_key_deleted"')).map(line => JSON.parse(line)),
      [{ by_holder: true, via: 'api_key', user: ada.user.id }])
  }
  t.equal((await ada.get('/api_key/')).json().total_count, 0)
})

t.test('only an API key deletes itself', async t => {
  const { app, as, anonymous } = await buildApp(t)
  const ada = await as('ada')
  const { api_key: key } = (await ada.post('/api_key/', {})).json()
  t.match((await ada.delete('/api_key/self')).json(), { code: 'missing_credentials', detail: /x-api-key/ })
  t.match((await ada.browser.delete('/api_key/self')).json(), { code: 'missing_credentials' })
  t.match((await anonymous.delete('/api_key/self')).json(), { code: 'missing_credentials' })
  t.match((await anonymous.delete(`/api_key/self?x-api-key=${key}`)).json(), { code: 'api_key_in_query' })
  t.match((await createClient(app, { headers: { 'x-api-key': 'sk-mistyped' } }).delete('/api_key/self')).json(),
    { code: 'invalid_api_key' })
  t.equal((await ada.get('/api_key/')).json().total_count, 1)
  const { api_key: child } = (await createClient(app, { headers: { 'x-api-key': key } }).post('/api_key/', {})).json()
  await createClient(app, { headers: { 'x-api-key': key, ...ada.bearer } }).delete('/api_key/self')
  t.equal((await ada.get('/api_key/')).json().total_count, 0, 'the keys that it created end with it')
  t.equal((await createClient(app, { headers: { 'x-api-key': child } }).get('/users/whoami')).statusCode, 403)
})

t.test('the revocation endpoint of OAuth also ignores restrictions', async t => {
  const { as, anonymous, form, logs } = await buildApp(t)
  const ada = await as('ada')
  const { api_key: key } = (await ada.post('/api_key/', { allowed_networks: ['192.0.2.0/24'] })).json()
  const { payload, headers } = form({ token: key })
  t.equal((await anonymous.post('/oauth2/revoke', payload, { prefix: '', headers })).statusCode, 200)
  t.equal((await ada.get('/api_key/')).json().total_count, 0)
  t.ok(logs.some(line => line.includes('"by_holder":true')))
})
