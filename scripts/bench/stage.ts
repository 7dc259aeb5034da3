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

/** Everything a case needs: both servers, accounts that are signed in, their keys. */
export type Stage = {
  flowgate: Target
  bare: Target
  /** What the service runs with, its database apart. */
  settings: Record<string, string>
  accounts: Account[]
  /** Access tokens of the accounts. */
  tokens: string[]
  /** An API key of each account. */
  keys: string[]
  /** A session more of the administrator. */
  signIn: (url?: string) => Promise<Tokens>
  /** Unless everything runs on the embedded database. */
  postgres?: PostgresStage
  close: () => Promise<void>
}

/** What takes a server: many rows, other databases, processes beside the first. */
export type PostgresStage = {
  /** How many keys are many. */
  many: number
  storeKeys: (count: number) => Promise<string[]>
  /** A process more, on the same database unless told otherwise. */
  startReplica: (databaseUrl?: string) => Promise<Target>
  /** A fresh copy of the service's database, as the stage found it. */
  createDatabase: () => Promise<{ url: string, client: pg.Client }>
}

async function connect (connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

/** Puts keys of the oldest account into a database, as the service does but many at once. @returns the keys */
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

/** Puts accounts that never sign in into a database, beside those that are there. */
export async function storeUsers (client: pg.Client, count: number): Promise<void> {
  await client.query(`INSERT INTO users (id, username, username_key, password_hash, is_active)
    SELECT gen_random_uuid(), 'stored-' || n, 'stored-' || n, 'none', true FROM generate_series(1, $1::int) AS n`, [count])
  await client.query('VACUUM ANALYZE users')
}

/** A hash at the cost that is the service's unless it is told otherwise. */
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

/** A key of each token's account. */
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

/** A server of its own with a database for the service, which was booted once: the schema and an account. */
async function openPostgres (settings: Settings, many: number) {
  // As in earnest: what was answered is on disk.
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
    startReplica: (databaseUrl = url) => startFlowgate({ ...settings, LANGFLOW_DATABASE_URL: databaseUrl })
  }
  const close = async () => {
    await Promise.all(clients.map(each => each.end()))
    await postgres.stop()
  }
  return { url, stage, close }
}

/** The embedded database, in a folder that is gone afterwards. */
function openEmbedded () {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * @param options.accounts how many are signed in
 * @param options.many how many keys are many
 * @param options.isEmbedded never looks for PostgreSQL's programs
 */
export async function openStage (
  { accounts, many, isEmbedded }: { accounts: number, many: number, isEmbedded: boolean }
): Promise<Stage> {
  const settings = {
    LANGFLOW_SUPERUSER: ADMIN.username,
    LANGFLOW_SUPERUSER_PASSWORD: ADMIN.password,
    LANGFLOW_SECRET_KEY: generateSecretKey(),
    LANGFLOW_NEW_USER_IS_ACTIVE: 'true',
    // Sign-ups from one address, and keys of one account, go beyond what anybody needs.
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
