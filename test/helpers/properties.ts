import fc from 'fast-check'
import type { Test } from 'tap'

/** Number of runs per property. A seed from the environment repeats a failed run. */
export const RUNS = 1000
export const seed = process.env['FLOWGATE_TEST_SEED'] ? { seed: Number(process.env['FLOWGATE_TEST_SEED']) } : {}

type Property<T> = fc.IRawProperty<T>

/** Checks a property with RUNS generated cases. Reports a shrunk counterexample and its seed. */
export async function holds<T> (t: Test, name: string, property: Property<T>, runs = RUNS) {
  const result = await fc.check(property as fc.IAsyncProperty<T>, { numRuns: runs, ...seed }) // both kinds are accepted
  t.notOk(result.failed, `${name}: ${result.failed ? fc.defaultReportMessage(result) : `${result.numRuns} runs`}`)
}

/** Any text: words, any code unit (including lone surrogates), and texts that break parsers. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map(units => String.fromCharCode(...units)),
  fc.constantFrom('', ' ', '\0', '\uFEFF', '\ud800', '..', '%00', '%zz', '{', '[', '[1]', '["a"]', 'null', '-1',
    '1e999', '0x10', '__proto__', 'constructor', 'toString', "' OR 1=1 --", '\u202e', 'a'.repeat(10_000))
)
