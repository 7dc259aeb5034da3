// The ceiling: a minimal Fastify application with what each case needs.
import { randomBytes, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { verify } from 'argon2'
import Fastify from 'fastify'
import pLimit from 'p-limit'
import pg from 'pg'

const { BENCH_PORT: port, BENCH_DATABASE_URL: connectionString } = process.env
const { BENCH_PASSWORD: password, BENCH_PASSWORD_HASH: hash } = process.env

const nullable = type => ({ type: [type, 'null'] })
const schema = {
  response: {
    200: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        username: { type: 'string' },
        profile_image: nullable('string'),
        store_api_key: { type: 'null' },
        is_active: { type: 'boolean' },
        is_superuser: { type: 'boolean' },
        create_at: { type: 'string' },
        updated_at: { type: 'string' },
        last_login_at: nullable('string'),
        optins: { type: 'object', additionalProperties: { type: 'boolean' } }
      }
    }
  }
}
const user = {
  id: '57a987a6-e52a-4e6c-9b08-e9710e43fbfd',
  username: 'bench-1',
  profile_image: null,
  store_api_key: null,
  is_active: true,
  is_superuser: false,
  create_at: '2026-11-24T09:30:00.000Z',
  updated_at: '2026-11-24T09:30:00.000Z',
  last_login_at: '2026-11-24T09:30:00.000Z',
  optins: { github_starred: false, dialog_dismissed: false, discord_clicked: false }
}

const app = Fastify()
const pool = connectionString ? new pg.Pool({ connectionString, max: 10 }) : undefined

app.get('/health', async () => ({ status: 'ok' }))
app.get('/', { schema }, async () => user)

// The answer of forward-auth: no body, and the headers for the app. An identity token has about 1130 characters.
const verified = {
  'cache-control': 'no-store',
  'x-request-id': '0123456789',
  authorization: `Bearer ${'x'.repeat(1130)}`,
  cookie: '',
  'x-api-key': '',
  'remote-user': 'bench-1',
  'remote-user-id': user.id,
  'remote-groups': '',
  'remote-scopes': 'account:read account:write apps:use flows:read flows:write keys:read keys:write variables:read'
}
app.get('/verified', async (_request, reply) => reply.headers(verified).send())

if (pool) {
  const idsOf = async table => (await pool.query(`SELECT id FROM ${table} LIMIT 1000`)).rows.map(({ id }) => id)
  const [users, sessions] = [await idsOf('users'), await idsOf('sessions')]
  let turn = 0
  const next = ids => ids[turn++ % ids.length]

  // A service without a cache: one prepared SELECT by primary key per request.
  app.get('/select', { schema }, async () => {
    const { rows: [row] } = await pool.query({
      name: 'by_id', text: 'SELECT * FROM users WHERE id = $1', values: [next(users)]
    })
    return { ...user, id: row.id, username: row.username }
  })

  // A refresh: the session is read under a lock, then updated.
  app.post('/refresh', async () => {
    const client = await pool.connect()
    const id = next(sessions)
    try {
      await client.query('BEGIN')
      const { rows: [row] } = await client.query({
        name: 'lock', text: 'SELECT * FROM sessions WHERE id = $1 FOR UPDATE', values: [id]
      })
      await client.query({
        name: 'advance',
        text: 'UPDATE sessions SET generation = $2, rotated_at = now() WHERE id = $1 RETURNING *',
        values: [id, row.generation + 1]
      })
      await client.query('COMMIT')
    } finally {
      client.release()
    }
    return { status: 'ok' }
  })

  app.post('/insert', async () => {
    await pool.query({
      name: 'insert',
      text: `INSERT INTO api_keys (id, user_id, name, digest, prefix, suffix) VALUES ($1, $2, 'bench', $3, 'sk-bench', 'last')
        RETURNING id`,
      values: [randomUUID(), next(users), randomBytes(32).toString('hex')]
    })
    return { status: 'ok' }
  })
}
if (hash) {
  // As many concurrent hashes as the service.
  const inTurn = pLimit(Math.max(1, availableParallelism() - 1))
  app.get('/verify', async () => ({ ok: await inTurn(() => verify(hash, password)) }))
}
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.on('SIGTERM', () => app.close().then(() => process.exit(0)))
