import { deepStrictEqual as deepEqual, throws } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { loadConfig, type Setting, settings } from '../../src/config.ts'
import { parseSetting, UnfitValue } from '../../src/config/parse.ts'
import { SetupError } from '../../src/errors.ts'
import { anyText, holds } from '../helpers/properties.ts'

const load = (values: Record<string, string>) => loadConfig([{ label: 'test', values }])
const names: string[] = settings.map(({ name }) => name)
const aSetting = fc.constantFrom(...settings)

/** Almost valid texts for each kind of setting. */
const nearly = fc.constantFrom('true', 'TRUE', 'oui', '0', '-0', '+5', '007', '9999999999999999', '1,2', '[]', '["x"]',
  '*', 'http://a', 'https://a:1/', 'postgres://', 'postgresql://%zz@h/d', 'postgresql://u:p@:/', 'redis://', '10.0.0.0/33',
  '::1/128', 'none', 'strict', '127.0.0.1', '0.0.0.0')
const anyValue = fc.oneof({ weight: 3, arbitrary: anyText }, nearly)
const anyEnvironment = fc.dictionary(fc.constantFrom(...names), anyValue, { maxKeys: 12 })

t.test('with any settings, the server starts or reports the settings to correct', async t => {
  await holds(t, 'a configuration, or problems that name their setting', fc.property(anyEnvironment, values => {
    try {
      load(values)
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      return error.exitCode === 78 && error.problems.length > 0 && error.problems.every(problem =>
        names.includes(problem.subject.split(' ')[0] ?? '') && problem.problem !== '' && problem.remedy !== '')
    }
    return true
  }))
  await holds(t, 'one text is a value or an UnfitValue', fc.property(aSetting, anyValue, ({ schema }, text) => {
    try {
      parseSetting(schema, text)
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error
    }
  }))
})

const blanks = fc.constantFrom('', ' ', '\t', '  ')
const anyCase = (text: string) => fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length })
  .map(upper => [...text].map((letter, n) => upper[n] ? letter.toUpperCase() : letter.toLowerCase()).join(''))
const padded = (text: fc.Arbitrary<string>) => fc.tuple(blanks, text, blanks).map(parts => parts.join(''))
const item = fc.stringMatching(/^[\w./:*-]{1,20}$/)

type Written = { text: string, value: unknown }

/** A valid value and one of its spellings. */
function written ({ schema }: Setting): fc.Arbitrary<Written> {
  if (schema['enum']) {
    return fc.constantFrom<string>(...schema['enum'])
      .chain(value => padded(anyCase(value)).map(text => ({ text, value })))
  }
  switch (schema['type']) {
    case 'boolean': return fc.constantFrom<[string, boolean]>(['true', true], ['1', true], ['yes', true], ['on', true],
      ['false', false], ['0', false], ['no', false], ['off', false])
      .chain(([word, value]) => padded(anyCase(word)).map(text => ({ text, value })))
    case 'integer': return fc.integer({ min: schema['minimum'], max: schema['maximum'] })
      .chain(value => padded(fc.constant(String(value))).map(text => ({ text, value })))
    case 'array': return fc.array(item, { maxLength: 5 })
      .chain(value => fc.constantFrom(value.join(','), value.join(' , '), JSON.stringify(value))
        .map(text => ({ text, value })))
    default: return fc.stringMatching(new RegExp(schema['pattern'] ?? '^[!-~]{1,64}$'))
      .map(text => ({ text, value: text }))
  }
}

t.test('a valid value is read correctly in every spelling', async t => {
  const cases = aSetting.chain(setting => written(setting).map(how => ({ setting, ...how })))
  await holds(t, 'it round-trips', fc.property(cases, ({ setting: { schema }, text, value }) => {
    deepEqual(parseSetting(schema, text), value)
  }))
  const whole = settings.filter(({ schema }) => schema['type'] === 'integer')
  const outside = fc.constantFrom(...whole).chain(({ schema }) => fc.oneof(
    fc.integer({ max: schema['minimum'] - 1 }), fc.integer({ min: schema['maximum'] + 1 })
  ).map(value => ({ schema, text: String(value) })))
  await holds(t, 'a number outside its bounds never does', fc.property(outside, ({ schema, text }) => {
    throws(() => parseSetting(schema, text), UnfitValue)
  }))
})

t.test('messages about settings contain no secrets', async t => {
  const secrets = settings.filter(({ secret }) => secret).map(({ name }) => name)
  // Invalid in different ways: too short, in quotes, an extra word, a wrong scheme. Each text contains the secret.
  const before = fc.constantFrom('', '"', ' ', '\0', 'mysql://', 'postgresql://u:', 'redis:/', 'postgresql://u%zz:',
    '\uFEFF', 'placeholder')
  const planted = fc.record({
    name: fc.constantFrom(...secrets), before, after: fc.constantFrom('', '"', '@:/', '\n', ',short', '@[', '\ud800')
  })
  await holds(t, 'neither a problem nor a warning has it', fc.property(planted, anyEnvironment, (how, others) => {
    const { name, before, after } = how
    const secret = randomBytes(9).toString('hex')
    const values = { ...others, [name]: before + secret + after }
    let said: string
    try {
      said = JSON.stringify(load(values).warnings)
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      said = error.message + JSON.stringify(error.problems)
    }
    return !said.includes(secret)
  }))
})
