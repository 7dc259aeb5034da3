import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { breakingChanges } from '../helpers/breaking-changes.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => parse(readFileSync(new URL(path, root), 'utf8'))
const versionOf = (name: string) => name.replace(/^openapi-|\.yaml$/g, '').split('.').map(Number)
const compare = (a: number[], b: number[]) => a.map((part,
  index) => part - (b[index] ?? 0)).find(difference => difference !== 0) ?? 0
const released = readdirSync(new URL('test/contract/released', root))
  .sort((a, b) => compare(versionOf(a), versionOf(b))).at(-1) ?? ''
const last = () => read(`test/contract/released/${released}`)

/** Changes only in the description. The responses are the same; generators for Java and C# now accept it. */
const descriptive = [
  /\.(store_api_key|parent_id|auth_settings): type null became string\|null$/,
  /^GET \/api\/v1\/flows\/ 200: fewer alternatives$/
]

t.test(`the API keeps everything that ${released} documents`, async t => {
  const changes = breakingChanges(last(), read('openapi.yaml'))
  t.strictSame(changes.filter(change => !descriptive.some(pattern => pattern.test(change))), [])
})

t.test('the comparison detects each kind of breaking change and accepts additions', async t => {
  type Document = ReturnType<typeof last>
  const user = (document: Document) => document.components.schemas.User
  const create = (document: Document) => document.components.schemas.UserCreate
  const list = (document: Document) => document.paths['/api/v1/users/'].get
  const named = (document: Document,
    name: string) => list(document).parameters.find((each: { name: string }) => each.name === name)
  const breaks: Array<[string, (document: Document) => void, RegExp]> = [
    ['a path', document => { delete document.paths['/api/v1/logout'] }, /^POST \/api\/v1\/logout: removed/],
    ['an operation', document => { delete document.paths['/api/v1/users/'].post }, /^POST \/api\/v1\/users\/: removed/],
    ['an operationId', document => { list(document).operationId = 'allUsers' }, /another operationId/],
    ['a status', document => { delete list(document).responses['403'] }, / 403: removed/],
    ['a member of an answer', document => { delete user(document).properties.username }, /200\.users\[\]\.username: removed/],
    ['a member that may be missing', document => { user(document).required.pop() }, /may be missing now/],
    ['a type of an answer', document => { user(document).properties.is_active.type = 'string' }, /boolean became string/],
    ['a null in an answer', document => { user(document).properties.username.type = ['string', 'null'] }, /string became string\|null/],
    ['a member that is asked for', document => {
      create(document).properties.mail = { type: 'string' }
      create(document).required.push('mail')
    }, /body\.mail: is required now/],
    ['a member that is not taken', document => { delete create(document).properties.password }, /body\.password: removed/],
    ['a bound', document => { create(document).properties.username.maxLength = 8 }, /username: maxLength is tighter/],
    ['a parameter', document => { list(document).parameters.shift() }, / query \w+: removed/],
    ['a parameter that is asked for', document => { named(document, 'search').required = true }, /search: is required now/],
    ['a value of a parameter', document => { named(document, 'sort').schema.enum.pop() }, /fewer values are taken/],
    ['credentials', document => { document.paths['/health'].get.security = [{ bearer: [] }] }, /needs credentials now/],
    ['a media type', document => {
      delete document.paths['/api/v1/users/'].post.requestBody.content['application/json']
    }, /body application\/json: removed/]
  ]
  for (const [what, change, message] of breaks) {
    const document = last()
    change(document)
    t.match(breakingChanges(last(), document).join('\n'), message, what)
  }

  const more = last()
  more.paths['/api/v1/new'] = { get: { operationId: 'new', responses: {} } }
  user(more).properties.mail = { type: 'string' }
  create(more).properties.mail = { type: 'string' }
  create(more).properties.username.maxLength = 4096
  list(more).responses['418'] = { description: 'More.' }
  more.components.schemas.ErrorCode.enum.push('a_new_code')
  t.strictSame(breakingChanges(last(), more), [])
})
