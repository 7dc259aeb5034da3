/** Columns of characters where the output is no terminal: fits a mail and a page. */
const PLAIN_WIDTH = 100

/** A narrower column is unreadable; a table that does not fit is wider than asked for. */
const COLUMN_WIDTH_MIN = 8

const GAP = 2

/**
 * The head of a column. An id is never cut, because it is copied. A wide column is shown only where the table fits with
 * it, and where it is not empty.
 */
export type Column = string | { id: string } | { wide: string }

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u
const widthOf = (text: string) => [...text].reduce((width, character) => width + (wide.test(character) ? 2 : 1), 0)

const totalOf = (widths: readonly number[]) => widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1))

/** Narrows the widest column until all of them fit. */
function fit (natural: readonly number[], isFixed: (column: number) => boolean, width: number): number[] {
  const widths = [...natural]
  while (totalOf(widths) > width) {
    const widest = Math.max(...widths.filter((_, column) => !isFixed(column)))
    if (!(widest > COLUMN_WIDTH_MIN)) break
    const at = widths.findIndex((each, column) => each === widest && !isFixed(column))
    widths[at] = widest - 1
  }
  return widths
}

type Row = ReadonlyArray<string | number>

const headOf = (column: Column) =>
  (typeof column === 'string' ? column : 'id' in column ? column.id : column.wide).toUpperCase()
const isWide = (column: Column) => typeof column !== 'string' && 'wide' in column

/** The width of each column without line breaks. */
const naturalWidths = (columns: readonly Column[], rows: readonly Row[]) => columns.map((column, at) =>
  [headOf(column), ...rows.map(row => String(row[at]))].reduce((most, text) => Math.max(most, widthOf(text)), 0))

/** Leaves out the wide columns that are empty, and all of them if the table does not fit. Names those that are not. */
function choose (columns: readonly Column[], rows: readonly Row[], width: number) {
  const isFilled = columns.map((column, at) => !isWide(column) || rows.some(row => row[at] !== ''))
  const pick = <T>(cells: readonly T[], isKept: readonly boolean[]) => cells.filter((_, at) => isKept[at])
  const take = (isKept: readonly boolean[]) =>
    ({ columns: pick(columns, isKept), rows: rows.map(row => pick(row, isKept)), hidden: [] as string[] })
  const whole = take(isFilled)
  const widths = naturalWidths(whole.columns, whole.rows)
  if (totalOf(widths) <= width || !whole.columns.some(isWide)) return whole
  return { ...take(columns.map(column => !isWide(column))), hidden: whole.columns.filter(isWide).map(headOf) }
}

/**
 * Rows under a head, without lines around them. Long texts continue below, so that a row fits the terminal. A last line
 * names the columns that are left out.
 */
export async function formatTable (
  allColumns: readonly Column[], allRows: readonly Row[], width = outputWidth()
): Promise<string> {
  const { default: Table } = await import('cli-table3') // the server needs no tables
  const { columns, rows, hidden } = choose(allColumns, allRows, width)
  const head = columns.map(headOf)
  const widths = fit(naturalWidths(columns, rows), column => typeof columns[column] !== 'string', width)
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
  const lines = table.toString().split('\n').map(line => line.trimEnd())
  const note = `Not shown: ${hidden.join(', ')}. Use a wider terminal, or --json.`
  return [...lines, ...hidden.length > 0 ? [note] : []].join('\n')
}

/** A terminal without a size reports 0 columns. */
const outputWidth = () => process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : PLAIN_WIDTH

/** A moment as a table shows it: the day, in UTC. */
export const formatDay = (date: Date | null | undefined, otherwise = ''): string =>
  date?.toISOString().slice(0, 10) ?? otherwise
