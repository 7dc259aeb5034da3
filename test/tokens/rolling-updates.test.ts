import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Database } from '../../src/db.ts'
import { operator } from '../../src/services/access/principal.ts'
import { PUBLISHED_AHEAD_SECONDS } from '../../src/services/tokens/key-times.ts'
import { buildApp, PASSWORD } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'
import { decode, exchange } from '../helpers/oauth.ts'

const AUDIENCE = { LANGFLOW_IDENTITY_AUDIENCES: 'reports' }

/** For how long a replica uses the keys that it has read, and some more. */
const KEYS_READ_MS = 1100

const start = (t: Test, database: Database, env: Record<string, string> = {}) =>
  buildApp(t, { database, env: { LANGFLOW_PUBLIC_URL: 'https://auth.test', ...env } })

type Replica = Awaited<ReturnType<typeof buildApp>>

const kidsOf = async ({ app }: Replica): Promise<string[]> =>
  (await app.inject('/.well-known/jwks.json')).json().keys.map(({ kid }: { kid: string }) => kid)

async function signInOn ({ login }: Replica) {
  const answer = await login('ada', PASSWORD)
  return { statusCode: answer.statusCode, token: String(answer.json().access_token) }
}

/** The header of the access token that a replica issues. */
const signedBy = async (replica: Replica) => decode((await signInOn(replica)).token).header

const pem = (): string => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  .export({ type: 'pkcs8', format: 'pem' }).toString()

t.test('a replica that needs no key, or fewer, takes none from the others', async t => {
  const database = await openLasting(t)
  const updated = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE })
  await updated.as('ada')
  const kids = await kidsOf(updated)
  const signer = (await signedBy(updated))['kid']
  const others: Array<Record<string, string>> = [{}, { LANGFLOW_ALGORITHM: 'ES256' }]
  for (const env of others) {
    await start(t, database, env)
    await sleep(KEYS_READ_MS)
    const { token } = await signInOn(updated)
    t.equal(decode(token).header['kid'], signer, JSON.stringify(env))
    t.match(decode((await exchange(updated.app, token)).json().access_token).header, { alg: 'RS256' })
    t.strictSame(await kidsOf(updated), kids)
  }
})

t.test('a restart with the previous algorithm during an update does not end the update', async t => {
  const database = await openLasting(t)
  const outdated = await start(t, database, { LANGFLOW_ALGORITHM: 'RS256' })
  await outdated.as('ada')
  const updated = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256' })
  const restarted = await start(t, database, { LANGFLOW_ALGORITHM: 'RS256' })
  for (const { clock } of [outdated, updated, restarted]) clock.advance(PUBLISHED_AHEAD_SECONDS)
  await sleep(KEYS_READ_MS)
  t.match(await signedBy(updated), { alg: 'ES256' })
  t.match(await signedBy(outdated), { alg: 'RS256' })
  t.match(await signedBy(restarted), { alg: 'RS256' })
  t.equal((await kidsOf(updated)).length, 2)
})

t.test('replicas with and without LANGFLOW_PRIVATE_KEY, or with different ones, sign beside each other', async t => {
  const database = await openLasting(t)
  const RS256 = { LANGFLOW_ALGORITHM: 'RS256' }
  const replicas = [
    await start(t, database, RS256),
    await start(t, database, { ...RS256, LANGFLOW_PRIVATE_KEY: pem() }),
    await start(t, database, { ...RS256, LANGFLOW_PRIVATE_KEY: pem() })
  ]
  await replicas[0]?.as('ada')
  const signers = async () => Promise.all(replicas.map(async replica => (await signedBy(replica))['kid']))
  const first = await signers()
  t.equal(new Set(first).size, 3)
  for (let n = 0; n < 3; n++) {
    await sleep(KEYS_READ_MS)
    t.strictSame(await signers(), first)
    for (const replica of replicas) t.strictSame((await kidsOf(replica)).sort(), [...first].sort())
  }
  for (const { clock } of replicas) clock.advance(PUBLISHED_AHEAD_SECONDS + 60)
  await sleep(KEYS_READ_MS)
  t.strictSame(await signers(), first, 'also when an update takes longer')
  await sleep(KEYS_READ_MS)
  const [, own, newest] = await database.client.signingKey.findMany({ orderBy: { createdAt: 'asc' } })
  t.strictSame([own?.retiresAt, newest?.retiresAt], [null, null], 'a key that signs is not retired')
})

t.test('rotations, withdrawals and starts at the same time leave the replicas with the same keys', async t => {
  const database = await openLasting(t)
  const env = { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE }
  const replicas = await Promise.all([1, 2, 3].map(() => start(t, database, env)))
  await replicas[0]?.as('ada')
  for (let round = 0; round < 3; round++) {
    await Promise.all(replicas.flatMap(({ app: { services: { signingKeys } } }, n) => [
      signingKeys.rotate(operator),
      signingKeys.rotate(operator, { withdraw: n === round }),
      signingKeys.ensure(),
      signingKeys.rotateByAge()
    ]))
    await sleep(KEYS_READ_MS)
    const sets = await Promise.all(replicas.map(kidsOf))
    for (const set of sets) t.strictSame(set, sets[0])
    for (const replica of replicas) {
      const { token } = await signInOn(replica)
      const identity = (await exchange(replica.app, token)).json().access_token
      t.ok(sets[0]?.includes(decode(token).header['kid'] ?? ''))
      t.ok(sets[0]?.includes(decode(identity).header['kid'] ?? ''))
    }
    const rows = await database.client.signingKey.findMany({ where: { retiresAt: null } })
    t.strictSame(rows.map(({ algorithm }) => algorithm).sort(), ['ES256', 'RS256'], 'one key of each will sign')
  }
})

t.test('a clock that was ahead when the key was created does not prevent signing', async t => {
  const database = await openLasting(t)
  const { clock, as, login, app } = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE })
  await as('ada')
  clock.advance(-3600)
  const answer = await login('ada', PASSWORD)
  t.equal(answer.statusCode, 200, answer.body)
  t.equal((await exchange(app, answer.json().access_token)).statusCode, 200)
})

t.test('a damaged row stops neither the start nor the other keys', async t => {
  const database = await openLasting(t)
  const before = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE })
  const ada = await before.as('ada')
  const damaged = await database.client.signingKey.findFirstOrThrow({ where: { algorithm: 'RS256' } })
  const whoami = async ({ app }: Replica) =>
    (await app.inject({ url: '/api/v1/users/whoami', headers: ada.bearer })).statusCode
  const foreign = await database.client.signingKey.findFirstOrThrow({ where: { algorithm: 'ES256' } })
  for (const data of [{ publicKey: 'x' }, { algorithm: 'RS999' }, { publicKey: foreign.publicKey }]) {
    await database.client.signingKey.update({ where: { id: damaged.id }, data: { ...damaged, ...data } })
    await sleep(KEYS_READ_MS)
    const after = await start(t, database, { LANGFLOW_ALGORITHM: 'ES256', ...AUDIENCE })
    for (const replica of [before, after]) {
      t.equal(await whoami(replica), 200, JSON.stringify(data))
      t.notOk((await kidsOf(replica)).includes(damaged.kid), 'it is not published')
      const problems = replica.logs.map(text => JSON.parse(text)).filter(({ level }) => level >= 40)
      t.match(problems[0]?.msg, new RegExp(`signing key ${damaged.kid} is damaged`))
    }
    const token = (await exchange(after.app, ada.tokens.access_token)).json().access_token
    t.not(decode(token).header['kid'], damaged.kid)
    await after.app.close()
  }
})
