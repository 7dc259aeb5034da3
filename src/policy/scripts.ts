/** The scripts in common use (UAX 31, table 5). Letters of others are rare, and many look like Latin ones. */
const scripts = [
  'Arabic', 'Armenian', 'Bengali', 'Bopomofo', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati',
  'Gurmukhi', 'Han', 'Hangul', 'Hebrew', 'Hiragana', 'Kannada', 'Katakana', 'Khmer', 'Lao', 'Latin', 'Malayalam',
  'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'
]

/** Sets of scripts that one name may mix (UTS 39, 5.2: highly restrictive). */
const together = [
  ...scripts.map(script => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'], ['Latin', 'Han', 'Bopomofo'], ['Latin', 'Han', 'Hangul']
]

const neutral = '\\p{scx=Common}\\p{scx=Inherited}'
const allowed = together.map(set => new RegExp(`^[${neutral}${set.map(script => `\\p{scx=${script}}`).join('')}]*$`, 'u'))

/** Letters that look like Latin ones in common typefaces (UTS 39, confusables.txt), with marks and digits between. */
const lookalikes = new RegExp(`^[${neutral}` +
  'аеорсухіјѕһԁԛԝӏгАВЕЅІЈКМНОРСТУХԌԚԜҮ' + // Cyrillic
  'αινορυϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧ' + // Greek
  'հոսցօՕՍՏԼ' + // Armenian
  ']*$', 'u')

/**
 * Says why the letters of a name could pass for other letters.
 * @param name already normalized
 * @returns the reason, fit for a client; undefined when the name is fine
 */
export function scriptProblem (name: string): string | undefined {
  if (!allowed.some(set => set.test(name))) return 'Username must not mix letters of different scripts'
  const hasLetters = /\p{L}/u.test(name) && !/\p{scx=Latin}/u.test(name)
  return hasLetters && lookalikes.test(name) ? 'Username must not look like one in Latin letters' : undefined
}
