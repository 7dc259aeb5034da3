// Uses the generated client as somebody's script would: process.argv is the URL, the administrator's name and password.
import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { components, paths } from './flowgate.ts'

const [baseUrl = '', username = '', password = ''] = process.argv.slice(2)
const stranger = createClient<paths>({ baseUrl })

const signedIn = await stranger.POST('/api/v1/login', {
  body: { username, password }, headers: { 'content-type': 'application/x-www-form-urlencoded' }
})
assert(signedIn.data, JSON.stringify(signedIn.error))
const admin = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${signedIn.data.access_token}` } })

const ids: string[] = []
for (let number = 0; number < 5; number++) {
  const { data, error } = await admin.POST('/api/v1/users/', {
    body: { username: `ts-${number}`, password: 'a long pass phrase' }
  })
  assert(data, JSON.stringify(error))
  ids.push(data.id)
}
const [first = ''] = ids
const changed = await admin.PATCH('/api/v1/users/{user_id}', {
  params: { path: { user_id: first } }, body: { is_active: true }
})
assert.equal(changed.data?.is_active, true)

const seen: string[] = []
for (;;) {
  const { data } = await admin.GET('/api/v1/users/', {
    params: {
      query: {
        skip: seen.length, limit: 2,
        search: 'ts-'
      }
    }
  })
  assert(data)
  seen.push(...data.users.map(user => user.username))
  if (seen.length >= data.total_count) break
}
assert.deepEqual(seen, [0, 1, 2, 3, 4].map(number => `ts-${number}`))

const key = await admin.POST('/api/v1/api_key/', { body: { name: 'a script' } })
assert(key.data)
const byKey = createClient<paths>({ baseUrl, headers: { 'x-api-key': key.data.api_key } })
assert.equal((await byKey.GET('/api/v1/users/whoami')).data?.username, username)

const code = (failure: { code: components['schemas']['ErrorCode'] } | undefined) => failure?.code

const bad = await createClient<paths>({ baseUrl, headers: { authorization: 'Bearer bad' } }).GET('/api/v1/users/whoami')
assert.deepEqual([bad.response.status, code(bad.error)], [401, 'invalid_token'])

const missing = await admin.GET('/api/v1/users/{user_id}', {
  params: { path: { user_id: '00000000-0000-4000-8000-000000000000' } }
})
assert.deepEqual([missing.response.status, code(missing.error)], [404, 'user_not_found'])

const unfit = await admin.POST('/api/v1/users/', { body: { username: 'short', password: 'short' } })
assert.deepEqual([unfit.response.status, code(unfit.error)], [422, 'invalid_request'])
assert(Array.isArray(unfit.error?.detail))
assert.deepEqual(unfit.error.detail[0]?.loc, ['body', 'password'])

console.log('all as expected')
