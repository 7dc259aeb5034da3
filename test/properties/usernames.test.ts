import { equal, notEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { passwordProblem } from '../../src/policy/passwords.ts'
import { normalizeUsername, typedUsername, usernameKey, usernameProblem } from '../../src/policy/usernames.ts'
import { anyText, holds } from '../helpers/properties.ts'

/** Single characters from all of Unicode, and special cases of case folding, width and composition. */
const oddities = fc.constantFrom(
  ...'ßẞſıİiIςσΣŉǆǅǄﬁＡａ①ªºµμΩΩKKÅÅéÇ', '\u0345', '\u0130', '\u00ad', '\u200b', '\u200d', '\u2800', '\u3164', '\u115f',
  '\u1160', '\uffa0', '\u034f', '\u180b', '\ufe0f', '\u{e0100}', '\u{e0041}',
  '\ud800', '\0', '\u202e', '\u00a0', '\u3000', ' ')
const aName = fc.oneof(anyText, fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.array(fc.oneof(oddities, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), { maxLength: 8 })
    .map(list => list.join('')))
/** Names that the policy allows. */
const good = aName.map(normalizeUsername).filter(name => usernameProblem(name) === undefined)

const wide = (text: string) => text.replace(/[!-~]/g, letter => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
const spellings: Array<(name: string) => string> = [
  name => name.toUpperCase(), name => name.toLowerCase(), name => name.toUpperCase().toLowerCase(), wide,
  name => name.normalize('NFD'), name => name.normalize('NFKD'), name => wide(name.toUpperCase())
]

/** Invisible characters (Unicode, Default_Ignorable_Code_Point, and the blank Braille pattern) and noncharacters. */
const invisible = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]|^ | $|[^\S ]/u

t.test('all spellings of a username have one form and one key', async t => {
  await holds(t, 'normalizing twice changes nothing', fc.property(aName, name => {
    equal(normalizeUsername(normalizeUsername(name)), normalizeUsername(name))
  }))
  await holds(t, 'the key of a key is itself', fc.property(aName, name => {
    equal(usernameKey(usernameKey(name)), usernameKey(name))
  }))
  const aSpelling = fc.constantFrom(...spellings)
  await holds(t, 'case, width and composition make no second name', fc.property(good, aSpelling, (name, spell) => {
    equal(usernameKey(spell(name)), usernameKey(name))
  }))
})

t.test('blanks at the ends of a typed name are ignored, and no stored name has them', async t => {
  const blanks = fc.array(fc.constantFrom(
    ' ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u3000', '\u2028', '\u0085', '\ufeff', '\u200b', '\u200e', '\u2060',
    '\u00ad', '\u2800', '\ufe0f'), { maxLength: 4 }).map(list => list.join(''))
  await holds(t, 'a typed name is the stored one', fc.property(blanks, good, blanks, (before, name, after) => {
    equal(typedUsername(before + name + after), name)
    equal(usernameKey(before + name + after), usernameKey(name))
    if (before + after !== '') notEqual(usernameProblem(normalizeUsername(before + name + after)), undefined)
  }))
})

t.test('an allowed username is visible and within the maximum length', async t => {
  await holds(t, 'whatever is sent is a name or a reason', fc.property(aName, name => {
    const problem = usernameProblem(normalizeUsername(name))
    return problem === undefined || problem.startsWith('Username must ')
  }))
  await holds(t, 'nothing in a name is invisible', fc.property(good, name =>
    !invisible.test(name) && name.isWellFormed() && [...name].length <= 64))
  await holds(t, 'one invisible character spoils a name', fc.property(fc.constantFrom(
    '\u200b', '\u2800', '\u3164', '\u115f', '\u034f', '\ufe0f', '\u180b', '\u{e0100}', '\u{e0041}', '\0', '\n',
    '\ud800', '\u202e'
  ), fc.nat({ max: 3 }), (character, at) =>
    usernameProblem(normalizeUsername('ada'.slice(0, at) + character + 'ada'.slice(at))) !== undefined))
})

t.test('validating a password never throws, and the username is never allowed', async t => {
  await holds(t, 'a reason or none', fc.property(anyText, aName, (password, name) => {
    const problem = passwordProblem(password, name, [])
    return problem === undefined || problem.startsWith('Password ')
  }))
  await holds(t, 'the name in another spelling will not do', fc.property(
    fc.stringMatching(/^[a-z]{8,40}$/), fc.constantFrom(...spellings), (name, spell) => passwordProblem(spell(name), name, []) !== undefined))
})
