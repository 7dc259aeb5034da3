import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { digestApiKey, generateApiKey } from '../../src/crypto/api-keys.ts'
import { loadConfig } from '../../src/config.ts'
import { createPasswordHasher } from '../../src/crypto/passwords.ts'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { startPostgres } from '../postgres.mjs'
import { startBare, startFlowgate, type Target } from './processes.ts'

const ADMIN = { username: 'administrator', password: 'a pass phrase of the bench' }

type Account = typeof ADMIN
type Tokens = { access_token: string, refresh_token: string }

/** What a case needs: both servers, signed-in accounts, their keys. */
export type Stage = {
  flowgate: Target
  bare: Target
  /** Settings of the service, without its database. */
  settings: Record<string, string>
  accounts: Account[]
  /** Access tokens of the accounts. */
  tokens: string[]
  /** An API key of each account. */
  keys: string[]
  /** A second session of the administrator. */
  signIn: (url?: string) => Promise<Tokens>
  /** Undefined with the embedded database. */
  postgres?: PostgresStage
  close: () => Promise<void>
}

/** What needs a PostgreSQL server: many rows, other databases, more processes. */
export type PostgresStage = {
  /** Number of keys in the largest case. */
  many: number
  storeKeys: (count: number) => Promise<string[]>
  /** Starts another process, on the same database by default. `more` replaces settings. */
  startReplica: (databaseUrl?: string, more?: Record<string, string>) => Promise<Target>
  /** Creates a copy of the service's database in its initial state. */
  createDatabase: () => Promise<{ url: string, client: pg.Client }>
}

async function connect (connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

/** Inserts keys of the oldest account in bulk. @returns the keys */
export async function storeKeys (client: pg.Client, count: number): Promise<string[]> {
  const keys: string[] = []
  while (keys.length < count) {
    const batch = Array.from({ length: Math.min(10_000, count - keys.length) }, generateApiKey)
    await client.query(`INSERT INTO api_keys (id, user_id, digest, prefix, suffix)
      SELECT id, (SELECT id FROM users ORDER BY created_at LIMIT 1), digest, 'sk-bench', 'last'
      FROM unnest($1::uuid[], $2::text[]) AS new (id, digest)`, [batch.map(() => randomUUID()), batch.map(digestApiKey)])
    keys.push(...batch)
  }
  await client.query('VACUUM ANALYZE api_keys')
  return keys
}

/** Inserts accounts that never sign in. */
export async function storeUsers (client: pg.Client, count: number): Promise<void> {
  await client.query(`INSERT INTO users (id, username, username_key, password_hash, is_active)
    SELECT gen_random_uuid(), 'stored-' || n, 'stored-' || n, 'none', true FROM generate_series(1, $1::int) AS n`, [count])
  await client.query('VACUUM ANALYZE users')
}

/** A hash with the default cost of the service. */
async function hashOf (password: string): Promise<string> {
  const { passwordMemoryKib, passwordIterations, passwordParallelism } = loadConfig([])
  return createPasswordHasher({
    memoryKib: passwordMemoryKib,
    iterations: passwordIterations,
    parallelism: passwordParallelism,
    concurrency: 1,
    queueMax: 1
  }).hash(password, 'bench')
}

async function signIn (url: string, account: Account): Promise<Tokens> {
  const response = await fetch(`${url}/api/v1/login`, { method: 'POST', body: new URLSearchParams(account) })
  if (!response.ok) throw new Error(`${account.username} could not sign in: ${response.status}`)
  return await response.json() as Tokens // the contract's shape
}

async function makeAccounts (url: string, count: number): Promise<Account[]> {
  const accounts = [ADMIN]
  for (let n = 1; n < count; n++) {
    const account = { username: `bench-${n}`, password: `${ADMIN.password} ${n}` }
    await fetch(`${url}/api/v1/users/`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account)
    })
    accounts.push(account)
  }
  return accounts
}

/** Creates a key for the account of each token. */
async function makeKeys (url: string, tokens: string[]): Promise<string[]> {
  const keys: string[] = []
  for (const token of tokens) {
    const response = await fetch(`${url}/api/v1/api_key/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'bench' })
    })
    const { api_key: key } = await response.json() as { api_key: string } // the contract's shape
    keys.push(key)
  }
  return keys
}

type Settings = Record<string, string>

/** A PostgreSQL server with a database that the service has booted on once: it has the schema and an account. */
async function openPostgres (settings: Settings, many: number) {
  // As in production: committed changes are on disk.
  const postgres = await startPostgres({ settings: { fsync: 'on', max_wal_size: '4GB' } })
  if (!postgres) return undefined
  const nameOf = () => `bench_${randomBytes(4).toString('hex')}`
  const urlOf = (name: string) => Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
  const template = nameOf()
  const admin = await connect(postgres.url)
  await admin.query(`CREATE DATABASE ${template}`)
  await (await startFlowgate({ ...settings, LANGFLOW_DATABASE_URL: urlOf(template) })).stop()
  const clients: pg.Client[] = [admin]
  const createDatabase = async () => {
    const name = nameOf()
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    const client = await connect(urlOf(name))
    clients.push(client)
    return { url: urlOf(name), client }
  }
  const { url, client } = await createDatabase()
  const stage: PostgresStage = {
    many,
    createDatabase,
    storeKeys: count => storeKeys(client, count),
    startReplica: (databaseUrl = url, more = {}) =>
      startFlowgate({ ...settings, LANGFLOW_DATABASE_URL: databaseUrl, ...more })
  }
  const close = async () => {
    await Promise.all(clients.map(each => each.end()))
    await postgres.stop()
  }
  return { url, stage, close }
}

/** The embedded database, in a temporary folder. */
function openEmbedded () {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * @param options.accounts number of signed-in accounts
 * @param options.many number of keys in the largest case
 * @param options.isEmbedded does not use PostgreSQL
 */
export async function openStage (
  { accounts, many, isEmbedded }: { accounts: number, many: number, isEmbedded: boolean }
): Promise<Stage> {
  const settings = {
    LANGFLOW_SUPERUSER: ADMIN.username,
    LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password,
    LANGFLOW_SECRET_KEY: generateSecretKey(),
    LANGFLOW_NEW_USER_IS_ACTIVE: 'true',
    // The bench exceeds the usual limits of sign-ups per address and keys per account.
    LANGFLOW_RATE_LIMIT_ENABLED: 'false',
    LANGFLOW_MAX_API_KEYS_PER_USER: '1000000'
  }
  const postgres = isEmbedded ? undefined : await openPostgres(settings, many)
  const embedded = postgres ? undefined : openEmbedded()
  const flowgate = await startFlowgate({
    ...settings,
    ...(postgres ? { LANGFLOW_DATABASE_URL: postgres.url } : { LANGFLOW_CONFIG_DIR: embedded?.folder ?? '' })
  })
  const made = await makeAccounts(flowgate.url, accounts)
  const tokens: string[] = []
  for (const account of made) tokens.push((await signIn(flowgate.url, account)).access_token)
  const bare = await startBare({
    BENCH_PASSWORD: ADMIN.password,
    BENCH_PASSWORD_HASH: await hashOf(ADMIN.password),
    ...(postgres ? { BENCH_DATABASE_URL: postgres.url } : {})
  })
  return {
    flowgate,
    bare,
    settings,
    accounts: made,
    tokens,
    signIn: (target = flowgate.url) => signIn(target, ADMIN),
    keys: await makeKeys(flowgate.url, tokens),
    ...(postgres ? { postgres: postgres.stage } : {}),
    close: async () => {
      await Promise.all([flowgate.stop(), bare.stop()])
      await postgres?.close()
      embedded?.close()
    }
  }
}
