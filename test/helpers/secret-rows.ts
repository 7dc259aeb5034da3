import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { sealStored } from './fernet.ts'

export type SecretRow = { id: string, owner: string, value: string }

/** The context of a variable's encrypted value. */
export const variableContext = ({ id, owner }: Pick<SecretRow, 'id' | 'owner'>) =>
  `variables.sealed_value:${id}:${owner}`

/** Creates Credentials in SQL, the same number for each account. The first account is the superuser of the boot. */
export async function seedSecrets (
  client: pg.Client, secretKey: string, { accounts, perAccount }: { accounts: number, perAccount: number }
): Promise<SecretRow[]> {
  const { rows: [{ id: superuser }] } = await client.query("SELECT id FROM users WHERE username = 'langflow'")
  const owners = [superuser, ...Array.from({ length: accounts - 1 }, () => randomUUID())]
  await client.query(`
    INSERT INTO users (id, username, username_key, password_hash, is_active)
    SELECT id, 'user ' || id, 'user ' || id, '', false FROM unnest($1::uuid[]) AS id`, [owners.slice(1)])
  const rows = owners.flatMap(owner => Array.from({ length: perAccount }, (_, n) => (
    { id: randomUUID(), owner, value: `sk-${n}-${randomUUID()}` })))
  await client.query(`
    INSERT INTO variables (id, user_id, name, type, sealed_value, default_fields, created_at, updated_at)
    SELECT id, owner, 'v ' || id, 'Credential', sealed, '{}', now(), now()
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS row (id, owner, sealed)`, [
    rows.map(({ id }) => id), rows.map(({ owner }) => owner),
    rows.map(row => sealStored(secretKey, variableContext(row), row.value))
  ])
  await client.query('ANALYZE variables')
  return rows
}
