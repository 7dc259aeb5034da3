import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SetupProblem } from '../../errors.ts'
import { UnfitValue } from '../parse.ts'
import { settingPath } from '../paths.ts'
import type { Setting } from '../settings.ts'
import { type Given, isServiceLink, type KnownValues, placeOf, serviceLink } from './sources.ts'
import { isSpacing, tidy, type Tidied, tidyItems, withoutBrackets } from './stray.ts'
import { readTextFile, UnreadableFile } from './text-file.ts'

const SECRET_BYTES_MAX = 64 * 1024

/** The text of a setting, cleaned, and where it was found. `folder` is that of the file with the text. */
export type Found = { text: string, origin: string, line: number | undefined, folder: string | undefined }

/** What finding a setting reports to. */
type Warn = (problem: SetupProblem) => void

/** `a, b and c` */
const listed = (words: readonly string[]) => new Intl.ListFormat('en-GB').format(words)

/** `it` for one byte order mark or one pair of quotes, `them` for the rest. */
const pronoun = ([first = '', ...rest]: readonly string[]) =>
  rest.length === 0 && first.startsWith('a ') ? 'it' : 'them'

const strayCharacters = (subject: string, removed: readonly string[]): SetupProblem => ({
  subject,
  problem: `has ${listed(removed)} around its value, which is read without ${pronoun(removed)}`,
  remedy: `Write the value without ${pronoun(removed)}.`
})

const unchanged = (text: string): Tidied => ({ text, removed: [] })

/**
 * The text without what surrounds it by accident; each removal is a warning.
 * @throws UnfitValue where the setting is taken to the last character
 */
function clean (setting: Setting, text: string, subject: string, warn: Warn): string {
  const isList = setting.schema['type'] === 'array'
  const whole = tidy(text)
  const inner = isList ? tidyItems : setting.host ? withoutBrackets : unchanged
  const rest = inner(whole.text)
  const removed = [...new Set([...whole.removed, ...rest.removed])]
  if (removed.length === 0) return text
  if (setting.exact && !(isList && isSpacing(removed))) {
    throw new UnfitValue(`has ${listed(removed)} around its value, and another text is another key`,
      `Write the key without ${pronoun(removed)}.`)
  }
  warn(strayCharacters(subject, removed))
  return rest.text
}

/** A secret's file, less the one line end that editors and `echo` add and less a byte order mark. */
function readSecretFile (name: string, given: Given, warn: Warn): { text: string, path: string } {
  const path = settingPath(tidyPath(name, given, warn), given.folder)
  try {
    const { text, hasMark } = readTextFile(path, SECRET_BYTES_MAX)
    const secret = text.replace(/\r?\n$/, '')
    if (secret === '') throw isEmpty(path)
    if (hasMark) warn(strayCharacters(`${name} (${path})`, ['a byte order mark']))
    if (isWorldReadable(path)) {
      warn({ subject: name, problem: 'every account of this machine can read the file', remedy: `chmod o-r ${path}` })
    }
    return { text: secret, path }
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
  new UnfitValue(`cannot be read from ${path}: the file is empty`, 'Write the value into it.', place)

/** Adds to what a step throws where its text came from. */
function at<T> (place: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw error instanceof UnfitValue ? new UnfitValue(error.message, error.remedy, place) : error
  }
}

/** The text given by name in one source; undefined where nothing is left of it. */
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
  const { text, path } = at(`${name}, ${placeOf(given)}`, () => readSecretFile(name, given, warn))
  const cleaned = at(`${name}, ${path}`, () => clean(setting, text, `${name} (${path})`, warn))
  if (cleaned === '') throw isEmpty(path, `${name}, ${placeOf(given)}`)
  return { text: cleaned, origin: `${name} (${path}), ${given.label}`, line: given.line, folder: dirname(path) }
}

/**
 * The text of a setting in the first source that has it: by its name, its `_FILE` form, or DATABASE_URL.
 * @throws UnfitValue where the text cannot be had; its message has no value in it
 */
export function findSetting (setting: Setting, sources: readonly KnownValues[], warn: Warn): Found | undefined {
  for (const values of sources) {
    const file = setting.secret && values.get(`${setting.name}_FILE`)
    const found = byName(setting, values, warn)
    if (found && file) throw new UnfitValue(`is given twice in ${file.label}: by name and by ${setting.name}_FILE`)
    if (found) return found
    if (file) return byFile(setting, file, warn)
  }
  return undefined
}
