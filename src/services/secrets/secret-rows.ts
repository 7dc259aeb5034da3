import { STORED_PREFIX_LENGTH, storedPrefix } from '../../crypto/secret-box.ts'
import { type Db, Prisma, type Transaction } from '../../db.ts'
import { type SecretColumn, secretColumns } from './secret-columns.ts'

/** The number of secrets of a column encrypted with a key. Without a key id they are damaged. */
export type KeyCount = { column: SecretColumn, keyId: string | undefined, rows: number }

/** An encrypted secret in its row. */
export type SecretRow = { id: string, ownerId: string, stored: string }

const columns: readonly SecretColumn[] = Object.values(secretColumns)

/** An SQL identifier. All come from the registry, never from a request. */
const quoted = (name: string) => Prisma.raw(`"${name.replaceAll('"', '""')}"`)

/** The prefix of a stored secret, in the expression of the index on it. */
const prefixOf = ({ column }: SecretColumn) => Prisma.sql`left(${quoted(column)}, ${Prisma.raw(String(STORED_PREFIX_LENGTH))})`

const keyIdOf = (prefix: string) => /^fg1:([0-9a-f]{10})$/.exec(prefix)?.[1]

/** Counts the stored secrets by column and key. */
export async function countSecrets (db: Db | Transaction): Promise<KeyCount[]> {
  const counts = await Promise.all(columns.map(async column => {
    const rows = await db.$queryRaw<Array<{ prefix: string, rows: number }>>`
      SELECT ${prefixOf(column)} AS prefix, count(*)::int AS rows FROM ${quoted(column.table)}
      WHERE ${quoted(column.column)} IS NOT NULL GROUP BY 1 ORDER BY 1`
    return rows.map(({ prefix, rows }) => ({ column, keyId: keyIdOf(prefix), rows }))
  }))
  return counts.flat()
}

/** Counts the secrets encrypted with one of the keys. Reads only the index. */
export async function countSealedWith (db: Db | Transaction, keyIds: readonly string[]): Promise<Map<string, number>> {
  const found = new Map(keyIds.map(keyId => [keyId, 0]))
  for (const column of columns) {
    for (const keyId of keyIds) {
      const [count] = await db.$queryRaw<Array<{ rows: number }>>`
        SELECT count(*)::int AS rows FROM ${quoted(column.table)} WHERE ${prefixOf(column)} = ${storedPrefix(keyId)}`
      found.set(keyId, (found.get(keyId) ?? 0) + (count?.rows ?? 0))
    }
  }
  return found
}

/**
 * Locks and reads the next secrets of a column that are encrypted with a key, in the order of their ids. Rows that
 * others have locked are skipped; a later pass reads them. (A bare `id` in ORDER BY would be the selected text, for
 * which there is no index.)
 */
export function lockBatch (
  tx: Transaction, column: SecretColumn, keyId: string, afterId: string, limit: number
): Promise<SecretRow[]> {
  return tx.$queryRaw<SecretRow[]>`
    SELECT held.id::text AS id, ${quoted(column.ownerColumn)}::text AS "ownerId", ${quoted(column.column)} AS stored
    FROM ${quoted(column.table)} AS held
    WHERE ${prefixOf(column)} = ${storedPrefix(keyId)} AND held.id > ${afterId}::uuid
    ORDER BY held.id LIMIT ${limit} FOR UPDATE SKIP LOCKED`
}

/** Stores re-encrypted secrets in one statement. */
export async function storeBatch (
  tx: Transaction, column: SecretColumn, rows: ReadonlyArray<Pick<SecretRow, 'id' | 'stored'>>
): Promise<void> {
  if (rows.length === 0) return
  await tx.$executeRaw`
    UPDATE ${quoted(column.table)} AS old SET ${quoted(column.column)} = new.stored
    FROM unnest(${rows.map(({ id }) => id)}::text[], ${rows.map(({ stored }) => stored)}::text[]) AS new (id, stored)
    WHERE old.id = new.id::uuid`
}
