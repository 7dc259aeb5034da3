import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { buildApp } from '../helpers/app.ts'

const data = { nodes: [], edges: [] }

t.test('a request ID is accepted, returned, and used in failures', async t => {
  const { app } = await buildApp(t)
  const send = (id?: string) => app.inject({
    url: '/api/v1/users/whoami', ...(id === undefined ? {} : { headers: { 'x-request-id': id } })
  })
  for (const id of ['r-1', '7d1f6c9e-2b44-4e0c-9c4e-0d5e2d2f7a11', 'a'.repeat(128), 'Root=1-67891233-abcdef01']) {
    const { headers, body } = await send(id)
    t.equal(headers['x-request-id'], id)
    t.equal(JSON.parse(body).request_id, id)
  }
  const own = await send()
  t.match(own.headers['x-request-id'], /^[0-9a-f]{8}-\w+$/)
  t.equal(own.json().request_id, own.headers['x-request-id'])
  for (const id of ['', 'a'.repeat(129), 'a b', 'a\tb', '"quoted"', 'é', '{"level":50}', '<script>']) {
    const { headers } = await send(id)
    t.match(headers['x-request-id'], /^[0-9a-f]{8}-\w+$/, `${JSON.stringify(id)} is replaced`)
  }
  t.ok((await app.inject({ url: '/openapi.json' })).headers['x-request-id'], 'successful responses have one, too')
  t.ok((await app.inject({ url: `/api/v1/users/${'a'.repeat(300)}` })).headers['x-request-id'])
})

t.test('a list links to its next page until the last one, and never repeats an API key', async t => {
  const { app, admin, as } = await buildApp(t, { env: { LANGFLOW_ALLOW_API_KEY_IN_QUERY: 'true' } })
  const boss = await admin()
  for (const name of ['ada', 'bob', 'cyd']) await as(name)
  const ada = await as('ada')
  for (const name of ['a', 'b', 'c']) await ada.post('/flows/', { name, data })
  const lists: Array<[string, object, number]> = [
    ['/api/v1/users/?limit=2&search=&sort=-username', boss.bearer, 4],
    ['/api/v1/accounts?limit=1', boss.bearer, 4],
    ['/api/v1/sessions?limit=1', ada.bearer, (await ada.get('/sessions')).json().total_count],
    [`/api/v1/users/${ada.user.id}/sessions?limit=1`, boss.bearer, (await ada.get('/sessions')).json().total_count],
    ['/api/v1/flows/?get_all=false&size=2&page=1', ada.bearer, 3]
  ]
  for (const [first, headers, total] of lists) {
    let items = 0
    let pages = 0
    for (let url: string | undefined = first; url !== undefined; pages++) {
      const response = await app.inject({ url, headers: { ...headers } })
      t.equal(response.statusCode, 200, url)
      const { users, accounts, sessions, items: flows } = response.json()
      items += (users ?? accounts ?? sessions ?? flows).length
      const link: string | undefined = response.headers['link'] as string | undefined
      if (pages > total) t.fail(`${first} does not end`)
      if (pages > total) break
      url = link === undefined ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)?.[1]
    }
    t.equal(items, total, `the links of ${first} lead through all items`)
  }
  const { api_key: key } = (await ada.post('/api_key/', {})).json()
  const byQuery = await app.inject({ url: `/api/v1/flows/?get_all=false&size=1&x-api-key=${key}` })
  t.equal(byQuery.headers['link'], '</api/v1/flows/?get_all=false&size=1&page=2>; rel="next"', 'without the API key')
  const whole = await app.inject({ url: '/api/v1/flows/', headers: ada.bearer })
  t.notOk(whole.headers['link'], 'an array of everything has no next page')
})

t.test('the OpenAPI document has an ETag, as JSON and as YAML', async t => {
  const { app } = await buildApp(t)
  const file = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')
  for (const [url, type, read] of [
    ['/openapi.json', 'application/json', (text: string) => JSON.parse(text)],
    ['/openapi.yaml', 'application/yaml', (text: string) => parse(text)]
  ] as const) {
    const full = await app.inject({ url })
    t.match(full.headers['content-type'], type)
    t.strictSame(read(full.body), parse(file), url)
    const etag = String(full.headers['etag'])
    t.match(etag, /^"[\w-]{43}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { statusCode, body, headers } = await app.inject({ url, headers: { 'if-none-match': known } })
      t.strictSame([statusCode, body, headers['etag']], [304, '', etag], known)
    }
    t.equal((await app.inject({ url, headers: { 'if-none-match': '"other"' } })).statusCode, 200)
  }
})

t.test('every creation names the new resource in Location', async t => {
  const { admin, as } = await buildApp(t)
  const [boss, ada] = [await admin(), await as('ada')]
  const creations: Array<[string, object]> = [
    ['/users/', { username: 'bob', password: 'a pass phrase for bob' }],
    ['/api_key/', { name: 'a key' }],
    ['/flows/', { name: 'a flow', data }],
    ['/projects/', { name: 'a project' }],
    ['/variables/', { name: 'A', value: 'x', default_fields: null }]
  ]
  for (const [path, body] of creations) {
    const response = await ada.post(path, body)
    t.equal(response.headers['location'], `/api/v1${path}${response.json().id}`, path)
  }
  const service = await boss.post('/service_accounts', { username: 'nightly-build' })
  t.equal(service.headers['location'], `/api/v1/users/${service.json().id}`, 'it is an account')
  const ofService = await boss.post(`/users/${service.json().id}/api_keys`, {})
  t.equal(ofService.headers['location'], `/api/v1/users/${service.json().id}/api_keys/${ofService.json().id}`)
  const { paths } = parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'))
  const covered = new Set([
    ...creations.map(([path]) => `/api/v1${path}`), '/api/v1/service_accounts', '/api/v1/users/{user_id}/api_keys'
  ])
  for (const [path, { post }] of Object.entries<{ post?: { operationId: string } }>(paths)) {
    if (!/^create[A-Z]\w*[^s]$/.test(post?.operationId ?? '')) continue
    t.ok(covered.has(path), `${post?.operationId} is covered here`)
  }
})

t.test('the position of a JSON error is named', async t => {
  const { app } = await buildApp(t)
  const positionOf = async (payload: string) => {
    const { statusCode, body } = await app.inject({
      method: 'POST', url: '/api/v1/users/', headers: { 'content-type': 'application/json' }, payload
    })
    t.equal(statusCode, 422, payload)
    const [problem] = JSON.parse(body).detail
    t.equal(problem.type, 'json_invalid')
    return problem.loc[1]
  }
  const texts: Array<[string, number]> = [
    ['broken', 0], ['{"username": }', 13], ['{"username": "a",}', 17], ['{"username": "a"', 16], ['{"a": abc}', 6],
    ['{\n  "a": 1\n  "b": 2\n}', 13], ['[1, 2', 5], ['{"a": "b\n"}', 6], ['{"a": 1} x', 9], ['{"a": 01}', 7]
  ]
  for (const [text, position] of texts) t.equal(await positionOf(text), position, JSON.stringify(text))
})

t.test('a refused sign-in says how many attempts are left', async t => {
  const { app } = await buildApp(t, {
    env: { LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_RATE_LIMIT_PER_MINUTE: '3' }
  })
  const attempt = (username: string, password: string) => app.inject({
    method: 'POST',
    url: '/api/v1/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ username, password }).toString()
  })
  for (const left of [2, 1, 0]) {
    const { statusCode, headers, body } = await attempt('nobody-here', `wrong ${left}`)
    t.equal(statusCode, 401)
    t.equal(headers['ratelimit-policy'], '"sign-in";q=3;w=60')
    t.equal(headers['ratelimit'], `"sign-in";r=${left};t=60`)
    t.notOk(JSON.parse(body).retry_after, 'retry_after belongs to 429')
  }
  const refused = await attempt('nobody-here', 'wrong again')
  t.equal(refused.statusCode, 429)
  t.match(refused.headers['ratelimit'], /^"sign-in";r=0;t=\d+$/)
})

t.test('common mistakes in requests get a hint', async t => {
  const { app, as } = await buildApp(t)
  const json = await app.inject({
    method: 'POST', url: '/api/v1/login', payload: { username: 'ada', password: 'a pass phrase' }
  })
  t.equal(json.statusCode, 422)
  t.match(json.json(), { code: 'invalid_request', hint: /application\/x-www-form-urlencoded.*instead of JSON/ })
  const ada = await as('ada')
  const { api_key: key, id } = (await ada.post('/api_key/', {})).json()
  await app.database.client.apiKey.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1000) } })
  const expired = await app.inject({ url: '/api/v1/users/whoami', headers: { 'x-api-key': key } })
  t.match(expired.json(), { code: 'expired_api_key', detail: 'Invalid API key', hint: /has expired/ })
  const bearer = await app.inject({ url: '/api/v1/users/whoami', headers: { authorization: `Bearer ${key}` } })
  t.match(bearer.json(), { code: 'invalid_token', hint: /x-api-key/ })
})

t.test('browsers get a favicon', async t => {
  const { app } = await buildApp(t)
  const { statusCode, headers, rawPayload } = await app.inject({ url: '/favicon.ico' })
  t.equal(statusCode, 200)
  t.match(headers['content-type'], /image\/(x-icon|vnd\.microsoft\.icon)/)
  t.strictSame([...rawPayload.subarray(0, 4)], [0, 0, 1, 0])
})
