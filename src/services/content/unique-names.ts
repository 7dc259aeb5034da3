import { randomInt } from 'node:crypto'
import { Prisma, type Transaction } from '../../db.ts'

/** The columns that are unique within an account, Langflow's notation of the number, and the maximum length. */
const kinds = {
  flow: { column: Prisma.sql`flows.name`, table: Prisma.sql`flows`, open: ' (', close: ')', max: 512 },
  endpoint: { column: Prisma.sql`flows.endpoint_name`, table: Prisma.sql`flows`, open: '-', close: '', max: 256 },
  project: { column: Prisma.sql`projects.name`, table: Prisma.sql`projects`, open: ' (', close: ')', max: 512 }
} as const

type Kind = keyof typeof kinds

/** Longer numbers count as part of the name. */
const DIGITS_MAX = 8
/** The digits of the random number that is used when all of those exist. */
const RANDOM_DIGITS = 14
/** The maximum length of the appended number with its brackets. */
const SUFFIX_MAX = RANDOM_DIGITS + 3

/** The highest number of `wanted (1)`, `wanted (2)` …; 0 if there is none. */
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

/** The names that exist. */
async function taken (tx: Transaction, kind: Kind, userId: string, names: string[]): Promise<string[]> {
  const { column, table } = kinds[kind]
  const rows = await tx.$queryRaw<Array<{ name: string }>>`
    SELECT ${column} AS name FROM ${table} WHERE user_id = ${userId}::uuid AND ${column} = ANY(${names}::text[])`
  return rows.map(({ name }) => name)
}

/**
 * Makes names unique within the account: an existing "Name" becomes "Name (1)", the next "Name (2)". The transaction
 * must have locked the account.
 * @returns one name for each of `wanted`, in the same order
 */
export async function uniqueNames (
  tx: Transaction, kind: Kind, userId: string, wanted: readonly string[]): Promise<string[]> {
  if (wanted.length === 0) return []
  const { open, close, max } = kinds[kind]
  const used = new Set(await taken(tx, kind, userId, [...new Set(wanted)]))
  const numbers = new Map<string, number>()

  async function nextName (name: string): Promise<string> {
    const base = [...name].slice(0, max - SUFFIX_MAX).join('')
    const number = (numbers.get(base) ?? await highest(tx, kind, userId, base)) + 1
    if (number < 10 ** DIGITS_MAX) {
      numbers.set(base, number)
      return `${base}${open}${number}${close}`
    }
    const drawn = `${base}${open}${randomInt(10 ** (RANDOM_DIGITS - 1), 10 ** RANDOM_DIGITS)}${close}`
    for (const found of await taken(tx, kind, userId, [drawn])) used.add(found)
    return drawn
  }

  const names: string[] = []
  for (const name of wanted) {
    let free = name
    while (used.has(free)) free = await nextName(name)
    used.add(free)
    names.push(free)
  }
  return names
}
