import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { openLasting } from '../helpers/database.ts'
import { needsRedis, startRedis } from '../helpers/redis.ts'
import { serverEnv, startServer } from '../helpers/server.ts'

t.test('with Redis, replicas share counters and do not write to the database', needsRedis, async t => {
  const redis = await startRedis(t)
  const database = await openLasting(t)
  const env = { LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_RATE_LIMIT_STORAGE_URI: redis.uri }
  const [here, there] = [await buildApp(t, { env, database }), await buildApp(t, { env, database })]
  const statuses = []
  for (let n = 0; n < 7; n++) statuses.push((await (n % 2 ? here : there).login('ada', `wrong ${n}`)).statusCode)
  t.strictSame(statuses, [401, 401, 401, 401, 401, 429, 429])
  const refused = await here.login('ada', 'wrong again')
  const seconds = Number(refused.headers['retry-after'])
  t.ok(seconds > 50 && seconds <= 60, `${seconds} s`)
  t.equal(await here.db.failureCount.count(), 0)

  for (let n = 0; n < 4; n++) await here.login(ADMIN.username, `wrong ${n}`)
  t.equal((await there.login(ADMIN.username, ADMIN.password)).statusCode, 200, 'a successful sign-in resets them')
  for (let n = 4; n < 8; n++) t.equal((await here.login(ADMIN.username, `wrong ${n}`)).statusCode, 401)
  await here.login(ADMIN.username, 'wrong 8')
  t.equal((await here.login(ADMIN.username, ADMIN.password)).statusCode, 429)
  const boss = await here.db.user.findFirstOrThrow({ where: { username: ADMIN.username } })
  await there.app.services.guard.unlock(boss)
  await sleep(10)
  here.clock.advance(1.1)
  t.equal((await here.login(ADMIN.username, ADMIN.password)).statusCode, 200, 'an unlock resets them on every replica')
})

t.test('without Redis, sign-ins are refused, sessions continue, and the server recovers', needsRedis, async t => {
  const redis = await startRedis(t)
  const { login, as, logs } = await buildApp(t, {
    env: { LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_RATE_LIMIT_STORAGE_URI: redis.uri }
  })
  const ada = await as('ada')
  await redis.stop()
  const since = Date.now()
  const answer = await login(ADMIN.username, ADMIN.password)
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { code: 'limits_unavailable' })
  t.ok(Number(answer.headers['retry-after']) > 0)
  t.ok(Date.now() - since < 3000)
  t.equal((await ada.get('/users/whoami')).statusCode, 200)
  await redis.start()
  const restarted = Date.now()
  while ((await login(ADMIN.username, ADMIN.password)).statusCode !== 200 &&
    Date.now() - restarted < 5000) await sleep(50)
  t.ok(Date.now() - restarted < 5000, `back after ${Date.now() - restarted} ms`)
  t.notMatch(logs.join(''), redis.password)
})

t.test('an unreachable Redis is named at the start, without its password', async t => {
  const { code, stderr } = await runCli(t, ['run'], {
    LANGFLOW_RATE_LIMIT_STORAGE_URI: 'redis://:hush-hush@127.0.0.1:1/0',
    LANGFLOW_DATABASE_CONNECT_SECONDS: '1',
    LANGFLOW_PORT: '0'
  })
  t.equal(code, 1, stderr)
  t.match(stderr, /LANGFLOW_RATE_LIMIT_STORAGE_URI: Redis at 127\.0\.0\.1:1 cannot be used: connection refused \(ECONNREFUSED\)/)
  t.notMatch(stderr, 'hush-hush')
})

t.test('a Redis that rejects the password is reported immediately with its message', needsRedis, async t => {
  const redis = await startRedis(t)
  const cases: Array<[string, RegExp]> = [
    [redis.uri.replace(redis.password, 'hush-hush-other'), /WRONGPASS.*\n.*password in the URI/],
    [redis.uri.replace(`:${redis.password}@`, ''), /NOAUTH.*\n.*password in the URI/]
  ]
  for (const [uri, said] of cases) {
    const since = Date.now()
    const { code, stderr } = await runCli(t, ['run'], {
      ...serverEnv, LANGFLOW_RATE_LIMIT_ENABLED: 'true', LANGFLOW_RATE_LIMIT_STORAGE_URI: uri
    })
    t.equal(code, 1)
    t.match(stderr, said)
    t.notMatch(stderr, /hush-hush|\n\s+at /)
    t.ok(Date.now() - since < 15_000, `${Date.now() - since} ms of 30 s`)
  }
})

t.test('commands and servers without limits do not connect to Redis', async t => {
  const cwd = temporaryFolder(t)
  const env = {
    ...serverEnv,
    LANGFLOW_CONFIG_DIR: join(cwd, 'home'),
    LANGFLOW_RATE_LIMIT_ENABLED: 'false',
    LANGFLOW_RATE_LIMIT_STORAGE_URI: 'redis://127.0.0.1:1/0',
    LANGFLOW_DATABASE_CONNECT_SECONDS: '1'
  }
  const server = await startServer(t, { env, cwd })
  t.equal(await server.stop(), 0)
  const list = await runCli(t, ['users', 'list'], env, { cwd })
  t.equal(list.code, 0, list.stderr)
  t.match(list.stdout, /administrator/)
})
