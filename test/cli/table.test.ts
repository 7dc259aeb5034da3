import t from 'tap'
import { formatDay, formatTable } from '../../src/cli/terminal/table.ts'

const ID = '3830e58e-8228-444b-9265-a27ff0e13a88'
const linesOf = (text: string) => text.split('\n')

t.test('a table that fits has one line per row, with numbers to the right', async t => {
  const table = await formatTable(['name', 'uses', { id: 'id' }], [['ada', 7, ID], ['grace', 12, ID]])
  t.strictSame(linesOf(table), [
    'NAME   USES  ID', `ada       7  ${ID}`, `grace    12  ${ID}`
  ])
  t.equal(await formatTable(['name'], []), 'NAME')
})

t.test('long texts continue on the next lines, and an id is never cut', async t => {
  const name = 'x'.repeat(70)
  for (const width of [100, 80, 60]) {
    const lines = linesOf(await formatTable(['name', 'status', { id: 'id' }], [[name, 'active', ID]], width))
    for (const line of lines) t.ok(line.length <= width, `${width}: ${line}`)
    t.ok(lines.some(line => line.endsWith(ID)))
    t.equal(lines.slice(1).map(line => line.split(' ')[0]).join(''), name)
  }
  const narrow = await formatTable(['name', { id: 'id' }], [[name, ID]], 20)
  t.match(narrow, ID, 'even where the table becomes wider than the terminal')
})

t.test('wide characters take two columns', async t => {
  const [, row = ''] = linesOf(await formatTable(['name', { id: 'id' }], [['名前', ID]]))
  t.equal(row, `名前  ${ID}`)
})

t.test('days are those of UTC', async t => {
  t.equal(formatDay(new Date('2026-11-28T23:59:59Z')), '2026-11-28')
  t.equal(formatDay(null, 'never'), 'never')
})

t.test('wide columns are shown only if they are filled and the table fits with them', async t => {
  const columns = ['name', { wide: 'scopes' }, { wide: 'limit' }, { id: 'id' }]
  const rows = [['ada', 'flows:read', '', ID], ['grace', '', '', ID]]
  t.strictSame(linesOf(await formatTable(columns, rows, 60)), [
    'NAME   SCOPES      ID', `ada    flows:read  ${ID}`, `grace              ${ID}`
  ])
  t.strictSame(linesOf(await formatTable(columns, rows, 50)), [
    'NAME   ID', `ada    ${ID}`, `grace  ${ID}`, 'Not shown: SCOPES. Use a wider terminal, or --json.'
  ])
  t.strictSame(linesOf(await formatTable(columns, [['ada', '', '', ID]], 40)), ['NAME  ID', `ada   ${ID}`])
})
