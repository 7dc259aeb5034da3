import t, { type Test } from 'tap'
import { join } from 'node:path'
import { ADMIN, buildApp, type Client, createClient, PASSWORD, TEST_KEY } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { openLasting } from '../helpers/database.ts'
import { send } from '../helpers/http.ts'
import { launchServer, startServer } from '../helpers/server.ts'

const namesIn = async (db: Awaited<ReturnType<typeof buildApp>>['db']) =>
  (await db.user.findMany({ orderBy: { username: 'asc' } })).map(({ username }) => username)

/** A database whose first superuser created a second one, who then changes the first. */
async function change (t: Test, how: (boss: Client, id: string) => Promise<{ statusCode: number }>) {
  const database = await openLasting(t)
  const { as, admin, login } = await buildApp(t, { database })
  const first = await admin()
  const { user: { id } } = await as('second')
  await first.patch(`/users/${id}`, { is_superuser: true })
  t.equal((await how(await as('second'), first.user.id)).statusCode, 200)
  return { database, login }
}

const notices = (logs: string[]) => logs.filter(line => line.includes('LANGFLOW_SUPERUSER')).join()

t.test('a superuser that was deleted stays deleted at the next start', async t => {
  const { database } = await change(t, (boss, id) => boss.delete(`/users/${id}`))
  const again = await buildApp(t, { database })
  t.strictSame(await namesIn(again.db), ['second'])
  t.equal((await again.login(ADMIN.username, ADMIN.password)).statusCode, 401)
  t.match(notices(again.logs), /the account named in LANGFLOW_SUPERUSER does not exist.*superuser create/)
})

t.test('a superuser that was renamed is not created a second time', async t => {
  const { database } = await change(t, (boss, id) => boss.patch(`/users/${id}`, { username: 'chief' }))
  const again = await buildApp(t, { database })
  t.strictSame(await namesIn(again.db), ['chief', 'second'])
  t.equal((await again.login('chief', ADMIN.password)).statusCode, 200)
})

t.test('a demoted superuser, or another account with its old name, does not prevent a start', async t => {
  const demoted = await change(t, (boss, id) => boss.patch(`/users/${id}`, { is_superuser: false }))
  const first = await buildApp(t, { database: demoted.database })
  t.match(notices(first.logs), /is not a superuser/)
  t.equal((await first.login(ADMIN.username, ADMIN.password)).statusCode, 200)

  const renamed = await change(t, (boss, id) => boss.patch(`/users/${id}`, { username: 'chief' }))
  const between = await buildApp(t, { database: renamed.database })
  t.equal((await between.anonymous.post('/users/', { username: ADMIN.username, password: PASSWORD })).statusCode, 201)
  const second = await buildApp(t, { database: renamed.database })
  t.equal((await second.login(ADMIN.username, PASSWORD)).statusCode, 200)
  t.equal(await second.db.user.count({ where: { username: ADMIN.username, isSuperuser: true } }), 0)
})

t.test('another name in the settings of a later start creates no second superuser', async t => {
  const database = await openLasting(t)
  await buildApp(t, { database })
  const again = await buildApp(t, { database, env: { LANGFLOW_SUPERUSER: 'another' } })
  t.strictSame(await namesIn(again.db), [ADMIN.username])
})

t.test('after a trial of auto login, the first start with a password of its own creates the superuser', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_SUPERUSER: 'langflow', LANGFLOW_SUPERUSER_PASSWORD: 'langflow', LANGFLOW_AUTO_LOGIN: 'true' }
  const trial = await buildApp(t, { database, env })
  const token = (await trial.anonymous.get('/auto_login')).json().access_token
  const visitor = createClient(trial.app, { headers: { authorization: `Bearer ${token}` } })
  const { id } = (await visitor.get('/users/whoami')).json()
  t.equal((await visitor.patch(`/users/${id}`, { username: 'chief' })).statusCode, 200)
  const again = await buildApp(t, { database, env })
  t.strictSame(await namesIn(again.db), ['chief'], 'the trial goes on without a second one')

  const secured = await buildApp(t, { database })
  t.equal((await secured.login(ADMIN.username, ADMIN.password)).statusCode, 200)
  t.equal((await secured.login('chief', 'langflow')).statusCode, 401)
  const other = await buildApp(t, { database, env: { LANGFLOW_SUPERUSER: 'another' } })
  t.strictSame(await namesIn(other.db), [ADMIN.username, 'chief'])
})

t.test('at the first start, a name that another account has is refused with 78', async t => {
  const database = await openLasting(t)
  await database.client.user.create({
    data: { username: 'Administrator', usernameKey: 'administrator', passwordHash: 'none', isActive: true }
  })
  await t.rejects(buildApp(t, { database }), { name: 'SetupError', exitCode: 78, message: /LANGFLOW_SUPERUSER/ })
  t.equal(await database.client.installation.count(), 0, 'and the next start tries again')
})

t.test('on a public host, a stored well-known password is rejected regardless of the current settings', async t => {
  const cwd = temporaryFolder(t)
  const env = {
    LANGFLOW_CONFIG_DIR: join(cwd, 'home'), LANGFLOW_SUPERUSER: undefined, LANGFLOW_SUPERUSER_PASSWORD: undefined
  }
  const local = await startServer(t, { env, cwd })
  t.equal(await local.stop(), 0)
  const named = { ...env, LANGFLOW_SUPERUSER_PASSWORD: 'correct horse battery' }
  for (const reach of [{ LANGFLOW_HOST: '0.0.0.0' }, { LANGFLOW_TRUSTED_PROXIES: '127.0.0.1' }]) {
    for (const name of [{}, { LANGFLOW_SUPERUSER: 'another' }]) {
      const open = launchServer(t, { env: { ...named, ...reach, ...name }, cwd })
      t.equal(await open.exit, 78)
      t.match(open.logs(), /the stored password of "langflow" is the well-known default password/)
      t.match(open.logs(), /superuser reset-password langflow/)
    }
  }
  const again = await startServer(t, { env, cwd })
  const { access_token: token } = (await (await fetch(`${again.url}/api/v1/login`, {
    method: 'POST', body: new URLSearchParams({ username: 'langflow', password: 'langflow' })
  })).json()) as { access_token: string } // the format of the contract
  const headers = { authorization: `Bearer ${token}` }
  const { json: { id } } = await send(again.url, '/users/whoami', { headers })
  t.equal((await send(again.url, `/users/${id}`, { method: 'PATCH', body: { username: 'chief' }, headers })).status, 200)
  t.equal(await again.stop(), 0)
  const renamed = launchServer(t, { env: { ...named, LANGFLOW_HOST: '0.0.0.0' }, cwd })
  t.equal(await renamed.exit, 78)
  t.match(renamed.logs(), /the stored password of "chief" is the well-known default password/)
  const reset = await runCli(t, ['superuser', 'reset-password', 'chief'], {
    ...named, LANGFLOW_SECRET_KEY: TEST_KEY, LANGFLOW_AUTO_LOGIN: 'false'
  }, { cwd, input: 'another horse battery\n' })
  t.equal(reset.code, 0, reset.stderr)
  const open = await startServer(t, { env: { ...named, LANGFLOW_HOST: '0.0.0.0' }, cwd })
  t.equal(await open.stop(), 0)
})
