/** Rows under a head, in plain characters: fit for a terminal, a file and a mail alike. */
export async function formatTable (
  head: string[], rows: ReadonlyArray<ReadonlyArray<string | number>>
): Promise<string> {
  const { default: Table } = await import('cli-table3') // a server that starts needs none
  const isNumber = (column: number) => rows.length > 0 && rows.every(row => typeof row[column] === 'number')
  const table = new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => isNumber(column) ? 'right' : 'left')
  })
  table.push(...rows.map(row => [...row]))
  return table.toString()
}
