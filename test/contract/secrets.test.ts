import t from 'tap'
import { ADMIN, buildApp, PASSWORD, TEST_KEY } from '../helpers/app.ts'

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function * members (value: unknown): Generator<string> {
  if (!isNode(value)) return
  for (const [name, member] of Object.entries(value)) {
    yield name
    yield * members(member)
  }
}

/**
 * The only schemas that may have such a field, because clients must receive or send it. Add a schema only if clients
 * cannot work without the field.
 */
const CARRIERS: Record<string, string[]> = {
  // The value is masked.
  ApiKey: ['api_key'],
  ApiKeyCreated: ['api_key'],
  ApiKeyRotated: ['api_key'],
  // The token in the request, and the token that is requested.
  ExchangeForm: ['actor_token', 'subject_token'],
  ExchangeResponse: ['access_token'],
  IntrospectionForm: ['token'],
  LoginForm: ['password'],
  // The value is masked.
  OwnedApiKey: ['api_key'],
  PasswordChange: ['current_password', 'password'],
  RevocationForm: ['token'],
  StoreKey: ['api_key'],
  Tokens: ['access_token', 'refresh_token'],
  UserCreate: ['password'],
  UserUpdate: ['password'],
  // The value is null for a Credential.
  Variable: ['value'],
  VariableCreate: ['value'],
  VariableUpdate: ['value'],
  // Off by default; reads are logged as security events.
  VariableValue: ['value']
}
const looksSecret = /password|secret|token$|hash|digest|canary|cipher|^api_key$|^value$/

t.test('only the schemas listed here contain secrets', async t => {
  const { app } = await buildApp(t)
  const document = JSON.parse(JSON.stringify(app.swagger()))
  const found: Record<string, string[]> = {}
  for (const [title, schema] of Object.entries<Node>(document.components.schemas)) {
    const { properties = {} } = schema
    const names = Object.keys(isNode(properties) ? properties : {}).filter(name => looksSecret.test(name))
    if (names.length > 0) found[title] = names.sort()
  }
  t.strictSame(found, CARRIERS)
})

t.test('secrets are in no response, error or log line', async t => {
  const { admin, as, anonymous, login, logs, db } = await buildApp(t)
  const boss = await admin()
  const ada = await as('ada')
  await login('ada', 'a wrong pass phrase')
  await boss.patch(`/users/${ada.user.id}`, { password: 'chosen by the boss' })
  await anonymous.post('/users/', { username: 'bob', password: 'shorty1' })
  await anonymous.post('/users/', { username: 1, password: 'sent with a mistake' })
  await anonymous.get('/users/whoami?x-api-key=sk-in-the-query&token=in-the-query')
  await anonymous.get('/users/whoami', undefined, { headers: { authorization: 'Bearer made.up.token' } })
  await anonymous.post('/refresh', undefined, { cookies: { refresh_token_lf: boss.tokens.refresh_token } })

  const hashes = (await db.user.findMany({ select: { passwordHash: true } }))
    .flatMap(({ passwordHash }) => passwordHash ?? [])
  const planted = [
    ADMIN.password, PASSWORD, TEST_KEY, 'a wrong pass phrase', 'chosen by the boss', 'shorty1', 'sent with a mistake',
    'sk-in-the-query', 'in-the-query', 'made.up.token', ...Object.values(boss.tokens), ...Object.values(ada.tokens),
    ...hashes, '$argon2'
  ]
  const answers = await Promise.all([
    boss.get('/users/'), boss.get('/users/whoami'), boss.get(`/users/${ada.user.id}`), boss.get('/session'),
    anonymous.get('/config'), anonymous.post('/users/', { username: ' ', password: PASSWORD }),
    login('ada', 'a wrong pass phrase')
  ])
  const log = logs.join('')
  t.ok(log.includes('"path":"/api/v1/login"'), 'the log is not empty')
  for (const secret of planted) {
    t.notOk(log.includes(secret), `the log does not contain ${secret.slice(0, 8)}…`)
    t.notOk(answers.some(({ body }) => body.includes(secret)), `no response has ${secret.slice(0, 8)}…`)
  }
  for (const { body } of answers) {
    const names = [...members(JSON.parse(body))]
    t.notOk(names.some(name => /hash|digest/.test(name)))
  }
})
