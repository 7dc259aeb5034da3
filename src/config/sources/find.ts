import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SetupProblem } from '../../errors.ts'
import { UnfitValue } from '../parse.ts'
import { settingPath } from '../paths.ts'
import type { Setting } from '../settings.ts'
import { type Given, isServiceLink, type KnownValues, mayBeInFile, placeOf, serviceLink } from './sources.ts'
import { isSpacing, tidy, type Tidied, tidyItems, withoutBrackets } from './stray.ts'
import { readTextFile, UnreadableFile } from './text-file.ts'

const FILE_BYTES_MAX = 64 * 1024

/** The cleaned text of a setting and its origin. `folder` contains the file with the text. */
export type Found = { text: string, origin: string, line: number | undefined, folder: string | undefined }

/** Receives the warnings. */
type Warn = (problem: SetupProblem) => void

/** `a, b and c` */
const listed = (words: readonly string[]) => new Intl.ListFormat('en-GB').format(words)

/** `it` for one byte order mark or one pair of quotes, otherwise `them`. */
const pronoun = ([first = '', ...rest]: readonly string[]) =>
  rest.length === 0 && first.startsWith('a ') ? 'it' : 'them'

const strayCharacters = (subject: string, removed: readonly string[]): SetupProblem => ({
  subject,
  problem: `has ${listed(removed)} around its value; it is read without ${pronoun(removed)}`,
  remedy: `Write the value without ${pronoun(removed)}.`
})

const unchanged = (text: string): Tidied => ({ text, removed: [] })

/**
 * Removes accidental characters around a value, with a warning.
 * @throws UnfitValue if the setting requires the exact text
 */
function clean (setting: Setting, text: string, subject: string, warn: Warn): string {
  const isList = setting.schema['type'] === 'array'
  const whole = tidy(text)
  const inner = isList ? tidyItems : setting.host ? withoutBrackets : unchanged
  const rest = inner(whole.text)
  const removed = [...new Set([...whole.removed, ...rest.removed])]
  if (removed.length === 0) return text
  if (setting.lines && isSpacing(removed)) return rest.text // a PEM document ends with a line end
  if (setting.exact && !(isList && isSpacing(removed))) {
    throw new UnfitValue(`has ${listed(removed)} around its value, which would change the key`,
      `Write the key without ${pronoun(removed)}.`)
  }
  warn(strayCharacters(subject, removed))
  return rest.text
}

/** Reads the file of a setting. Removes a byte order mark and one trailing line end, which editors and `echo` add. */
function readValueFile (name: string, { secret }: Setting, given: Given, warn: Warn): { text: string, path: string } {
  const path = settingPath(tidyPath(name, given, warn), given.folder)
  try {
    const { text, hasMark } = readTextFile(path, FILE_BYTES_MAX)
    const value = text.replace(/\r?\n$/, '')
    if (value === '') throw isEmpty(path)
    if (hasMark) warn(strayCharacters(`${name} (${path})`, ['a byte order mark']))
    if (secret && isWorldReadable(path)) {
      warn({ subject: name, problem: 'every account of this machine can read the file', remedy: `chmod o-r ${path}` })
    }
    return { text: value, path }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    throw new UnfitValue(`cannot be read from ${path}: the file ${error.message}`, error.remedy)
  }
}

function tidyPath (name: string, given: Given, warn: Warn): string {
  const { text, removed } = tidy(given.text)
  if (removed.length > 0) warn(strayCharacters(`${name} (${placeOf(given)})`, removed))
  return text
}

const isWorldReadable = (path: string) => process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0

const isEmpty = (path: string, place?: string) =>
  new UnfitValue(`cannot be read from ${path}: the file is empty`, 'Write the value to the file.', place)

/** Adds the place of the text to an error. */
function at<T> (place: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw error instanceof UnfitValue ? new UnfitValue(error.message, error.remedy, place) : error
  }
}

/** Finds a setting by its name in one source; undefined if the cleaned text is empty. */
function byName (setting: Setting, values: KnownValues, warn: Warn): Found | undefined {
  const given = values.get(setting.name) ??
    (setting.name === 'LANGFLOW_DATABASE_URL' ? values.get('DATABASE_URL') : undefined)
  if (!given) return undefined
  if (isServiceLink(setting, given)) {
    warn(serviceLink(setting, given))
    return undefined
  }
  const text = at(placeOf(given), () => clean(setting, given.text, `${given.spelling} (${placeOf(given)})`, warn))
  return text === '' ? undefined : { text, origin: given.label, line: given.line, folder: given.folder }
}

function byFile (setting: Setting, given: Given, warn: Warn): Found {
  const name = `${setting.name}_FILE`
  const { text, path } = at(`${name}, ${placeOf(given)}`, () => readValueFile(name, setting, given, warn))
  const cleaned = at(`${name}, ${path}`, () => clean(setting, text, `${name} (${path})`, warn))
  if (cleaned === '') throw isEmpty(path, `${name}, ${placeOf(given)}`)
  return { text: cleaned, origin: `${name} (${path}), ${given.label}`, line: given.line, folder: dirname(path) }
}

/**
 * Finds the text of a setting in the first source that has it: by its name, its `_FILE` form, or DATABASE_URL.
 * @throws UnfitValue if the text is invalid or cannot be read; the message never contains it
 */
export function findSetting (setting: Setting, sources: readonly KnownValues[], warn: Warn): Found | undefined {
  for (const values of sources) {
    const file = mayBeInFile(setting) && values.get(`${setting.name}_FILE`)
    const found = byName(setting, values, warn)
    if (found && file) throw new UnfitValue(`is given twice in ${file.label}: by name and by ${setting.name}_FILE`)
    if (found) return found
    if (file) return byFile(setting, file, warn)
  }
  return undefined
}
