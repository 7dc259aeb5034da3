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

/** Whether an entry counts: it is the last one of its name, and its name is a setting's. */
const counting = (entries: readonly Expanded[]) => {
  const last = new Map(entries.map(entry => [entry.name, entry]))
  return [...last.values()].filter(({ name }) => own.has(upperName(name)))
}

/**
 * Version 0.1 read settings files with the package dotenv. A line that meant another value to it is a warning; what an
 * expansion makes of a value is not compared, since no other way to write it would silence the warning.
 */
function readOtherwiseBefore (
  label: string, text: string, entries: readonly Expanded[], written: ReadonlyMap<number, string>
) {
  const { parse } = createRequire(import.meta.url)('dotenv') as typeof import('dotenv') // only where there is a file
  const before = parse(text)
  return entries.filter(({ name, line }) => own.has(name) && (before[name] ?? '') !== written.get(line))
    .map(({ name, line }): SetupProblem => ({
      subject: `${label} line ${line}`,
      problem: `${name} is read as python-dotenv reads it; versions before 0.2 read another value`,
      remedy: 'Put the value in quotes that it does not contain, without escapes: then every version reads the same.'
    }))
}

const unset = (label: string, { name, line }: Expanded): SetupProblem => ({
  subject: `${label} line ${line}`,
  problem: `${name} refers with \${…} to a variable that is not set, which is read as empty`,
  remedy: 'Set the variable, or give a default after `:-`. A settings file cannot hold such text itself: set it in ' +
    'the environment.'
})

const unreadable = (subject: string, problem: string, remedy: string): Source =>
  ({ label: subject, values: {}, problems: [{ subject, problem, remedy }] })

/** A pipe (`--env-file <(…)`) has no folder that a person could mean. */
const folderOf = (path: string) => statSync(path).isFile() ? dirname(path) : undefined

/**
 * Reads a settings file.
 * @param path as it was given; a leading `~` is expanded
 * @param environment what `${NAME}` may refer to besides earlier lines
 * @param fileWins whether earlier lines win over the environment in `${NAME}`
 * @returns the source; what is wrong with the file is in its `problems`
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
      ...readOtherwiseBefore(label, text, counted, written),
      ...counted.filter(({ hasUnset }) => hasUnset).map(entry => unset(label, entry))
    ]
  }
}
