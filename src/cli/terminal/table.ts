/** Columns of characters where the output is no terminal: fits a mail and a page. */
const PLAIN_WIDTH = 100

/** A narrower column is unreadable; a table that does not fit is wider than asked for. */
const COLUMN_WIDTH_MIN = 8

const GAP = 2

/** The head of a column. An id is never cut, because it is copied. */
export type Column = string | { id: string }

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u
const widthOf = (text: string) => [...text].reduce((width, character) => width + (wide.test(character) ? 2 : 1), 0)

/** Narrows the widest column until all of them fit. */
function fit (natural: readonly number[], isFixed: (column: number) => boolean, width: number): number[] {
  const widths = [...natural]
  const total = () => widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1))
  while (total() > width) {
    const widest = Math.max(...widths.filter((_, column) => !isFixed(column)))
    if (!(widest > COLUMN_WIDTH_MIN)) break
    const at = widths.findIndex((each, column) => each === widest && !isFixed(column))
    widths[at] = widest - 1
  }
  return widths
}

/** Rows under a head, without lines around them. Long texts continue below, so that a row fits the terminal. */
export async function formatTable (
  columns: readonly Column[], rows: ReadonlyArray<ReadonlyArray<string | number>>, width = outputWidth()
): Promise<string> {
  const { default: Table } = await import('cli-table3') // the server needs no tables
  const head = columns.map(column => (typeof column === 'string' ? column : column.id).toUpperCase())
  const textsOf = (column: number) => [head[column] ?? '', ...rows.map(row => String(row[column]))]
  const natural = head.map((_, column) => textsOf(column).reduce((most, text) => Math.max(most, widthOf(text)), 0))
  const widths = fit(natural, column => typeof columns[column] !== 'string', width)
  const isNumber = (column: number) => rows.length > 0 && rows.every(row => typeof row[column] === 'number')
  const table = new Table({
    head,
    chars: Object.fromEntries([
      'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left',
      'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'
    ].map(name => [name, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colWidths: widths.map(each => each + GAP),
    colAligns: head.map((_, column) => isNumber(column) ? 'right' : 'left'),
    wordWrap: true,
    wrapOnWordBoundary: false
  })
  table.push(...rows.map(row => [...row]))
  return table.toString().split('\n').map(line => line.trimEnd()).join('\n')
}

/** A terminal without a size reports 0 columns. */
const outputWidth = () => process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : PLAIN_WIDTH

/** A moment as a table shows it: the day, in UTC. */
export const formatDay = (date: Date | null | undefined, otherwise = ''): string =>
  date?.toISOString().slice(0, 10) ?? otherwise
