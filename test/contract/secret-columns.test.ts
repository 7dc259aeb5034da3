import { readFileSync } from 'node:fs'
import t from 'tap'
import { secretColumns, secretContext } from '../../src/services/secrets/secret-columns.ts'

const schema = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8')

/** Columns marked `/// secret: encrypted`, as `table.column`. */
function markedColumns (): string[] {
  return schema.split(/^model /m).slice(1).flatMap(model => {
    const table = /@@map\("(\w+)"\)/.exec(model)?.[1]
    return [...model.matchAll(/\/\/\/ secret: encrypted[^\n]*\n(?:\s*\/\/\/[^\n]*\n)*\s*(\w+)([^\n]*)/g)]
      .map(([, field, rest]) => `${table}.${/@map\("(\w+)"\)/.exec(rest)?.[1] ?? field}`)
  })
}

t.test('exactly the columns with encrypted secrets are rotated', async t => {
  const registered = Object.values(secretColumns).map(({ table, column }) => `${table}.${column}`)
  t.ok(registered.includes('variables.sealed_value'))
  t.strictSame(registered.sort(), markedColumns().sort())
})

t.test('every place of a secret has a different context', async t => {
  const contexts = Object.values(secretColumns).map(column => secretContext(column, 'row', 'owner'))
  t.equal(new Set(contexts).size, contexts.length)
})
