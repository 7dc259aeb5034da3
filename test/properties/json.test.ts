import fc from 'fast-check'
import t from 'tap'
import { excessOf } from '../../src/json/bounds.ts'
import { anyText, holds } from '../helpers/properties.ts'

/** Computes the measures from the parsed value. An empty array or object counts as two. */
function measure (value: unknown): { depth: number, values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 1 }
  const inside = Object.values(value).map(measure)
  return {
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
    values: 1 + Math.max(1, inside.reduce((sum, { values }) => sum + values, 0))
  }
}

const hostileText = fc.oneof(anyText, fc.string({ unit: fc.constantFrom('"', '\\', '[', '}', ',', ':', 'u', 'é') }))
const { tree: aValue } = fc.letrec(tie => ({
  tree: fc.oneof({ depthSize: 'medium' }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(hostileText, fc.integer(), fc.boolean(), fc.constant(null)),
  list: fc.array(tie('tree'), { maxLength: 5 }),
  object: fc.dictionary(hostileText.filter(name => name !== '__proto__'), tie('tree'), { maxKeys: 5 })
}))

t.test('depth and number of values are the same for the bytes and the parsed value', async t => {
  await holds(t, 'one less is too little', fc.property(aValue, fc.constantFrom('', ' ', '\n\t'), (value, space) => {
    const { depth, values } = measure(value)
    const bytes = Buffer.from(JSON.stringify(value, null, space))
    const within = { depthMax: depth, valuesMax: values }
    return excessOf(bytes, within) === undefined &&
      (depth === 0 || excessOf(bytes, { ...within, depthMax: depth - 1 }) === 'depth') &&
      (values === 1 || excessOf(bytes, { ...within, valuesMax: values - 1 }) === 'values')
  }))
  await holds(t, 'bytes that are no JSON are measured, too', fc.property(fc.uint8Array({ maxLength: 300 }), bytes =>
    [undefined, 'depth', 'values'].includes(excessOf(bytes, { depthMax: 3 }))))
})
