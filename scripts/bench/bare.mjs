// The ceiling: a bare Fastify application, or one with the one statement that a case cannot do without.
import Fastify from 'fastify'
import pg from 'pg'

const { BENCH_PORT: port, BENCH_DATABASE_URL: connectionString } = process.env

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
if (pool) {
  // What a service does that asks its database for each request: one prepared SELECT by primary key.
  const ids = (await pool.query('SELECT id FROM users LIMIT 1000')).rows.map(({ id }) => id)
  let turn = 0
  app.get('/select', { schema }, async () => {
    const { rows: [row] } = await pool.query({
      name: 'by_id', text: 'SELECT * FROM users WHERE id = $1', values: [ids[turn++ % ids.length]]
    })
    return { ...user, id: row.id, username: row.username }
  })
}
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.on('SIGTERM', () => app.close().then(() => process.exit(0)))
