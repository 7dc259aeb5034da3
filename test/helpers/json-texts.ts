import fc from 'fast-check'
import { anyText } from './properties.ts'

/** A JSON text with random white space between its tokens, and without it. */
export type JsonText = { spaced: string, tight: string }

const aSpace = fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')
const aNumber = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '-0.00', '1E5', '1e+05', '1.50e-7', '1e-400', '9007199254740993', '0.1000',
    '12345678901234567890', '-123456789.123456789123456789', `1${'0'.repeat(300)}`),
  fc.bigInt().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => JSON.stringify(number)))
const aString = fc.oneof(
  anyText.map(text => JSON.stringify(text)),
  fc.array(fc.constantFrom('\\u0041', '\\/', '\\"', '\\\\', '\\ud83d', '\\u0000', 'é', '😀', '[', '}', ',', ':', ' '))
    .map(parts => `"${parts.join('')}"`))
const aWord = fc.oneof(aNumber, aString, fc.constantFrom('true', 'false', 'null'))
  .map(tight => ({ spaced: tight, tight }))

/** Names that a body must not have are excluded. */
const isAllowed = (name: string) => !['__proto__', 'constructor'].includes(JSON.parse(name))
const fewNames = fc.constantFrom('"10"', '"9"', '"b"', '"a"', '"\\u0061"', '""', '"value"', '"password"', '"data"')

function join ([open, close]: [string, string], parts: JsonText[], spaces: [string, string]): JsonText {
  const [before, after] = spaces
  return {
    tight: open + parts.map(({ tight }) => tight).join(',') + close,
    spaced: `${open}${before}${parts.map(({ spaced }) => spaced).join(`${before},${after}`)}${after}${close}`
  }
}

const someSpaces = fc.tuple(aSpace, aSpace)

/** Any object. It prefers `names` as member names and may repeat them. */
export function anObject (value: fc.Arbitrary<JsonText>, names = fewNames): fc.Arbitrary<JsonText> {
  const aName = fc.oneof({ weight: 3, arbitrary: names }, aString.filter(isAllowed))
  const aMember = fc.tuple(aName, someSpaces, value).map(([name, [before, after], { spaced, tight }]) => ({
    tight: `${name}:${tight}`, spaced: `${name}${before}:${after}${spaced}`
  }))
  return fc.tuple(fc.array(aMember, { maxLength: 5 }), someSpaces)
    .map(([parts, spaces]) => join(['{', '}'], parts, spaces))
}

/** Any JSON that a client may send in a flow. */
export const { value: aJsonText } = fc.letrec<{ value: JsonText, list: JsonText, object: JsonText }>(tie => ({
  value: fc.oneof({ depthSize: 'small' }, aWord, tie('list'), tie('object')),
  list: fc.tuple(fc.array(tie('value'), { maxLength: 4 }), someSpaces)
    .map(([parts, spaces]) => join(['[', ']'], parts, spaces)),
  object: anObject(tie('value'))
}))

/** The content of a flow: nodes, edges and any other members. */
export const aContent: fc.Arbitrary<JsonText> = fc.tuple(aJsonText, aJsonText, anObject(aJsonText), aSpace)
  .map(([nodes, edges, rest, space]) => {
    const more = (text: string) => /^\{\s*\}$/.test(text) ? '}' : `,${text.slice(1)}`
    return {
      tight: `{"nodes":${nodes.tight},"edges":${edges.tight}${more(rest.tight)}`,
      spaced: `{${space}"nodes":${space}${nodes.spaced}, "edges" :${edges.spaced}${space}${more(rest.spaced)}`
    }
  })
