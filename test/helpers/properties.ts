import fc from 'fast-check'
import type { Test } from 'tap'

/** How often each property is tried; a seed from the environment repeats a run that failed. */
export const RUNS = 1000
export const seed = process.env['FLOWGATE_TEST_SEED'] ? { seed: Number(process.env['FLOWGATE_TEST_SEED']) } : {}

type Property<T> = fc.IRawProperty<T>

/** Holds a property against RUNS made-up cases; what fails is shrunk and told with the seed that leads to it. */
export async function holds<T> (t: Test, name: string, property: Property<T>, runs = RUNS) {
  const result = await fc.check(property as fc.IAsyncProperty<T>, { numRuns: runs, ...seed }) // either kind will do
  t.notOk(result.failed, `${name}: ${result.failed ? fc.defaultReportMessage(result) : `${result.numRuns} runs`}`)
}

/** Text of every kind: words, any code unit (lone surrogates, too), and what breaks parsers. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map(units => String.fromCharCode(...units)),
  fc.constantFrom('', ' ', '\0', '\uFEFF', '\ud800', '..', '%00', '%zz', '{', '[', '[1]', '["a"]', 'null', '-1',
    '1e999', '0x10', '__proto__', 'constructor', 'toString', "' OR 1=1 --", '\u202e', 'a'.repeat(10_000))
)
