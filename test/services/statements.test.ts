import { randomUUID } from 'node:crypto'
import t from 'tap'
import { digestApiKey, generateApiKey } from '../../src/crypto/api-keys.ts'
import { createAccountReads, createPrincipalReads, createWrites } from '../../src/db.ts'
import { sessionColumns } from '../../src/services/sign-in/sessions.ts'
import { publicColumns } from '../../src/db/queries/account-columns.ts'
import { ADMIN, buildApp } from '../helpers/app.ts'
import { openMemory } from '../helpers/database.ts'

/** An app on a separate database, an account with a value in every column, and the time of its clock. */
async function openScene (t: Parameters<typeof buildApp>[0]) {
  const database = await openMemory()
  const { as, clock } = await buildApp(t, { database })
  const { client: db, run } = database
  const ada = await as('ada')
  await ada.patch(`/users/${ada.user.id}`, { profile_image: 'a picture', optins: { github_starred: true } })
  const key = generateApiKey()
  const writes = createWrites(database)
  const row = {
    id: randomUUID(), userId: ada.user.id as string, name: 'a key', prefix: 'sk-a', suffix: 'last',
    createdAt: clock.now(), expiresAt: new Date(clock.now().getTime() + 1000),
    scopes: 'apps:use flows:read', allowedNetworks: '192.0.2.0/24', rateLimit: 100, rateWindowSeconds: 60,
    rateCounterId: randomUUID()
  }
  t.ok(await writes.insertApiKey({ ...row, digest: digestApiKey(key), max: 1 }))
  return { db, run, writes, now: clock.now(), userId: row.userId, key, row }
}

t.test('raw statements and Prisma agree on every column', async t => {
  const { db, run, writes, now, userId, key, row } = await openScene(t)
  const user = await db.user.findUniqueOrThrow({ where: { id: userId }, select: publicColumns })
  const columns = { ...sessionColumns, generation: true }
  const session = await db.session.findFirstOrThrow({ where: { userId }, select: columns })
  const stored = await db.apiKey.findFirstOrThrow({ where: { userId } })
  t.match(stored, row)
  t.equal(await db.user.count({ where: { id: userId, apiKeyCount: 1 } }), 1)

  const reads = createPrincipalReads(run)
  t.strictSame({ ...await reads.bySession(session.id) }, {
    sessionId: session.id,
    method: session.method,
    generation: session.generation,
    rotatedAt: session.rotatedAt,
    sessionCreatedAt: session.createdAt,
    sessionExpiresAt: session.expiresAt,
    ...user
  })
  t.strictSame({ ...await reads.byDigest(digestApiKey(key)) }, {
    digest: stored.digest,
    apiKeyId: stored.id,
    apiKeyIsActive: stored.isActive,
    apiKeyExpiresAt: stored.expiresAt,
    scopes: stored.scopes,
    allowedNetworks: stored.allowedNetworks,
    rateLimit: stored.rateLimit,
    rateWindowSeconds: stored.rateWindowSeconds,
    rateCounterId: stored.rateCounterId,
    makerLimits: null,
    ...user
  })

  const account = { ...await createAccountReads(run).byName('ada') }
  const select = Object.fromEntries(Object.keys(account).map(name => [name, true]))
  t.equal(Object.keys(account).length, 10)
  t.strictSame(account, { ...await db.user.findUnique({ where: { id: userId }, select }) })

  const begun = await writes.beginSession({
    id: randomUUID(),
    method: 'password',
    now,
    expiresAt: new Date(now.getTime() + 5000),
    userAgent: 'a browser',
    address: '192.0.2.1',
    sessionsMax: 10,
    account: {
      id: userId,
      credentialsVersion: undefined,
      newPasswordHash: 'another',
      newKnownNetworks: { '192.0.2.0': now.toISOString() }
    }
  })
  const state = { id: true, userId: true, generation: true, rotatedAt: true, expiresAt: true } as const
  const begunRow = await db.session.findUnique({ where: { id: begun?.id ?? '' }, select: state })
  t.strictSame({ ...begun }, { ...begunRow, superseded: 0 })
  t.match(await db.session.findUnique({ where: { id: begun?.id ?? '' } }), {
    method: 'password', createdAt: now, userAgent: 'a browser', address: '192.0.2.1', endedAt: null, endReason: null
  })
  t.match(await db.user.findUnique({ where: { id: userId } }), {
    passwordHash: 'another', knownNetworks: { '192.0.2.0': now.toISOString() }, lastLoginAt: now, updatedAt: now
  })

  const rotated = await writes.rotateSession({
    id: begun?.id ?? '', userId, generation: 0, now, idleSince: new Date(0), methods: ['password']
  })
  t.equal(rotated?.generation, 1)
  t.strictSame({ ...rotated }, { ...await db.session.findUnique({ where: { id: begun?.id ?? '' }, select: state }) })
})

t.test('a session is created only for the account version that was read', async t => {
  const { db, writes, now, userId } = await openScene(t)
  const { credentialsVersion } = await db.user.findUniqueOrThrow({ where: { id: userId } })
  const begin = ({ id, credentialsVersion }: { id: string, credentialsVersion?: number }) => writes.beginSession({
    id: randomUUID(),
    method: 'password',
    now,
    expiresAt: now,
    userAgent: null,
    address: null,
    sessionsMax: 10,
    account: { id, credentialsVersion }
  })
  t.ok(await begin({ id: userId, credentialsVersion }))
  const before = await db.session.count()
  t.notOk(await begin({ id: userId, credentialsVersion: credentialsVersion - 1 }))
  t.notOk(await begin({ id: randomUUID() }))
  await db.user.update({ where: { id: userId }, data: { isActive: false } })
  t.notOk(await begin({ id: userId, credentialsVersion }))
  t.equal(await db.session.count(), before)
  t.match(await db.user.findUnique({ where: { id: userId } }), { credentialsVersion, lastLoginAt: now })
})

t.test('the counter of API keys matches their number after every change', async t => {
  const database = await openMemory()
  const { as, login } = await buildApp(t, { database, env: { LANGFLOW_MAX_API_KEYS_PER_USER: '5' } })
  const db = database.client
  const ada = await as('ada')
  const counted = async () => (await db.user.findUniqueOrThrow({ where: { id: ada.user.id } })).apiKeyCount
  const answers = await Promise.all(Array.from({ length: 12 }, () => ada.post('/api_key/', {})))
  t.equal(answers.filter(({ statusCode }) => statusCode < 300).length, 5, 'of twelve concurrent requests')
  t.strictSame([await counted(), await db.apiKey.count()], [5, 5])

  const ids = answers.filter(({ statusCode }) => statusCode < 300).map(answer => answer.json().id)
  await Promise.all([...ids.slice(0, 2), ids[0]].map(id => ada.delete(`/api_key/${id}`)))
  t.strictSame([await counted(), await db.apiKey.count()], [3, 3])
  t.ok((await ada.post('/api_key/', {})).statusCode < 300, 'keys can be created again')

  await db.apiKey.deleteMany({})
  t.equal(await counted(), 0)
  const { access_token: token } = (await login(ADMIN.username, ADMIN.password)).json()
  await ada.post('/api_key/', {})
  const deleted = await ada.delete(`/users/${ada.user.id}`, undefined, { headers: { authorization: `Bearer ${token}` } })
  t.equal(deleted.statusCode, 200)
  t.equal(await db.apiKey.count(), 0)
})

t.test('distant pages match the complete list', async t => {
  const database = await openMemory()
  const { admin } = await buildApp(t, { database })
  const boss = await admin()
  await database.client.user.createMany({
    data: Array.from({ length: 25 }, (_, i) => ({
      username: `user-${i}`, usernameKey: `user-${i}`, passwordHash: 'none', isActive: i % 2 === 0
    }))
  })
  for (const sort of ['username', '-username', 'is_active', '-create_at', 'last_login_at']) {
    const names = async (query: string) => (await boss.get(`/users/?sort=${sort}&${query}`)).json()
      .users.map(({ username }: { username: string }) => username)
    const all = await names('limit=200')
    t.equal(all.length, 26)
    t.strictSame([...await names('limit=9'), ...await names('skip=9&limit=9'), ...await names('skip=18&limit=9')], all)
  }
})
