/** The rows to print. */
export type PageOptions = { skip: number, limit: number }

type Page<T> = { total: number, rows: T[] }

/** Rows that are read at a time. */
const PAGE_ROWS = 1000

/** Reads `limit` rows in pages, so that no message of the running server becomes too long. */
export async function readPages<T> (
  { skip, limit }: PageOptions, read: (skip: number, limit: number) => Promise<Page<T>>
): Promise<Page<T>> {
  const { total, rows } = await read(skip, Math.min(limit, PAGE_ROWS))
  while (rows.length < Math.min(limit, total - skip)) {
    const page = await read(skip + rows.length, Math.min(limit - rows.length, PAGE_ROWS))
    if (page.rows.length === 0) break // some were deleted meanwhile
    rows.push(...page.rows)
  }
  return { total, rows }
}
