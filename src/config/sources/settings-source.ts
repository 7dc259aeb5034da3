import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { SetupProblem } from '../../errors.ts'
import { UnfitValue } from '../parse.ts'
import { absolutePath } from '../paths.ts'
import { type Expanded, expandEntries, parseSettingsFile } from './settings-file.ts'
import { settings } from '../settings.ts'
import { type Source, upperName } from './sources.ts'
import { readTextFile, UnreadableFile } from './text-file.ts'

const BYTES_MAX = 1024 * 1024

const own = new Set([...settings.flatMap(({ name }) => [name as string, `${name}_FILE`]), 'DATABASE_URL'])

type Values = Readonly<Record<string, string | undefined>>

/** The entries that apply: the last one of each name, if the name is a setting. */
const counting = (entries: readonly Expanded[]) => {
  const last = new Map(entries.map(entry => [entry.name, entry]))
  return [...last.values()].filter(({ name }) => own.has(upperName(name)))
}

/**
 * Version 0.1 parsed settings files with the package dotenv. Warns about lines that it read differently. Compares the
 * values before expansion, because no other spelling would prevent a warning about an expanded value.
 */
function dotenvDifferences (
  label: string, text: string, entries: readonly Expanded[], written: ReadonlyMap<number, string>
) {
  const { parse } = createRequire(import.meta.url)('dotenv') as typeof import('dotenv')
  const before = parse(text)
  return entries.filter(({ name, line }) => own.has(name) && (before[name] ?? '') !== written.get(line))
    .map(({ name, line }): SetupProblem => ({
      subject: `${label} line ${line}`,
      problem: `${name} is parsed like python-dotenv; versions before 0.2 read another value`,
      remedy: 'Put the value in quotes that it does not contain, without escapes. All versions read that the same way.'
    }))
}

const unset = (label: string, { name, line }: Expanded): SetupProblem => ({
  subject: `${label} line ${line}`,
  problem: `${name} refers with \${…} to a variable that is not set; the reference is empty`,
  remedy: 'Set the variable, or add a default after `:-`. A settings file cannot contain a literal `${`; use ' +
    'the environment for such a value.'
})

const unreadable = (subject: string, problem: string, remedy: string): Source =>
  ({ label: subject, values: {}, problems: [{ subject, problem, remedy }] })

/** A pipe (`--env-file <(…)`) has no meaningful folder. */
const folderOf = (path: string) => statSync(path).isFile() ? dirname(path) : undefined

/**
 * Reads a settings file.
 * @param path as given by the user; a leading `~` is expanded
 * @param environment variables for `${NAME}` in addition to earlier lines
 * @param fileWins whether earlier lines take precedence over the environment in `${NAME}`
 * @returns the source; its `problems` contain the errors of the file
 */
export function readSettingsSource (path: string, environment: Values, fileWins: boolean): Source {
  let label = path
  let text: string
  try {
    label = absolutePath(path)
    text = readTextFile(label, BYTES_MAX).text
  } catch (error) {
    if (error instanceof UnfitValue) {
      return unreadable(path, `the path of the settings file ${error.message}`, error.remedy ?? 'Check the path.')
    }
    if (error instanceof UnreadableFile) return unreadable(label, `the settings file ${error.message}`, error.remedy)
    throw error
  }
  const { entries, faults } = parseSettingsFile(text)
  const written = new Map(entries.map(({ line, value }) => [line, value]))
  const expanded = expandEntries(entries, environment, fileWins)
  const counted = counting(expanded)
  return {
    label,
    folder: folderOf(label),
    values: Object.fromEntries(expanded.map(({ name, value }) => [name, value])),
    lines: Object.fromEntries(expanded.map(({ name, line }) => [name, line])),
    problems: faults.map(({ line, problem, remedy }) => ({ subject: `${label} line ${line}`, problem, remedy })),
    warnings: [
      ...dotenvDifferences(label, text, counted, written),
      ...counted.filter(({ hasUnset }) => hasUnset).map(entry => unset(label, entry))
    ]
  }
}
