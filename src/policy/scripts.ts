/** The recommended scripts (UAX 31, table 5). Other scripts are rare, and many of their letters resemble Latin ones. */
const scripts = [
  'Arabic', 'Armenian', 'Bengali', 'Bopomofo', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati',
  'Gurmukhi', 'Han', 'Hangul', 'Hebrew', 'Hiragana', 'Kannada', 'Katakana', 'Khmer', 'Lao', 'Latin', 'Malayalam',
  'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'
]

/** Scripts that a name may combine (UTS 39, 5.2: highly restrictive). */
const together = [
  ...scripts.map(script => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'], ['Latin', 'Han', 'Bopomofo'], ['Latin', 'Han', 'Hangul']
]

const neutral = '\\p{scx=Common}\\p{scx=Inherited}'
const allowed = together.map(set => new RegExp(`^[${neutral}${set.map(script => `\\p{scx=${script}}`).join('')}]*$`, 'u'))

/**
 * Letters that resemble Latin ones in common typefaces (UTS 39, confusables.txt), with marks and digits between them.
 */
const lookalikes = new RegExp(`^[${neutral}` +
  'аеорсухіјѕһԁԛԝӏгАВЕЅІЈКМНОРСТУХԌԚԜҮ' + // Cyrillic
  'αινορυϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧ' + // Greek
  'հոսցօՕՍՏԼ' + // Armenian
  ']*$', 'u')

/**
 * Checks whether a name could be confused with another one.
 * @param name already normalized
 * @returns the reason for the client; undefined if the name is allowed
 */
export function scriptProblem (name: string): string | undefined {
  if (!allowed.some(set => set.test(name))) return 'Username must not mix letters of different scripts'
  const hasLetters = /\p{L}/u.test(name) && !/\p{scx=Latin}/u.test(name)
  return hasLetters && lookalikes.test(name) ? 'Username must not look like one in Latin letters' : undefined
}
