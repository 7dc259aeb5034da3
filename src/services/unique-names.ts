import { Prisma, type Transaction } from '../db.ts'

/** Columns whose texts are unique within an account, and how Langflow writes the number that makes one so. */
const kinds = {
  flow: { column: Prisma.sql`flows.name`, table: Prisma.sql`flows`, open: ' (', close: ')' },
  endpoint: { column: Prisma.sql`flows.endpoint_name`, table: Prisma.sql`flows`, open: '-', close: '' },
  project: { column: Prisma.sql`projects.name`, table: Prisma.sql`projects`, open: ' (', close: ')' }
} as const

type Kind = keyof typeof kinds

/** Numbers longer than this are part of the name. */
const DIGITS_MAX = 8

/** The highest number among `wanted (1)`, `wanted (2)` …; 0 when there is none. */
async function highest (tx: Transaction, kind: Kind, userId: string, wanted: string): Promise<number> {
  const { column, table, open, close } = kinds[kind]
  const escaped = close === '' ? '' : `\\${close}`
  const pattern = `^${open.replace('(', '\\(')}(\\d{1,${DIGITS_MAX}})${escaped}$`
  const length = [...wanted].length
  const [found] = await tx.$queryRaw<Array<{ highest: number | null }>>`
    SELECT max(substring(substr(${column}, ${length}::int + 1) FROM ${pattern})::int) AS highest FROM ${table}
    WHERE user_id = ${userId}::uuid AND left(${column}, ${length}::int) = ${wanted}`
  return found?.highest ?? 0
}

/** Which of the names are taken. */
async function taken (tx: Transaction, kind: Kind, userId: string, names: string[]): Promise<string[]> {
  const { column, table } = kinds[kind]
  const rows = await tx.$queryRaw<Array<{ name: string }>>`
    SELECT ${column} AS name FROM ${table} WHERE user_id = ${userId}::uuid AND ${column} = ANY(${names}::text[])`
  return rows.map(({ name }) => name)
}

/**
 * Names like those wanted that nobody else in the account has: a taken "Name" becomes "Name (1)", the next "Name (2)".
 * The transaction must hold the account's lock.
 * @returns one for each of `wanted`, in the same order
 */
export async function uniqueNames (
  tx: Transaction, kind: Kind, userId: string, wanted: readonly string[]): Promise<string[]> {
  if (wanted.length === 0) return []
  const { open, close } = kinds[kind]
  const used = new Set(await taken(tx, kind, userId, [...new Set(wanted)]))
  const numbers = new Map<string, number>()
  const names: string[] = []
  for (const base of wanted) {
    let name = base
    while (used.has(name)) {
      const number = (numbers.get(base) ?? await highest(tx, kind, userId, base)) + 1
      numbers.set(base, number)
      name = `${base}${open}${number}${close}`
    }
    used.add(name)
    names.push(name)
  }
  return names
}
