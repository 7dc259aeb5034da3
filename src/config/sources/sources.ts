import { distance } from 'fastest-levenshtein'
import type { SetupProblem } from '../../errors.ts'
import { type Setting, settings } from '../settings.ts'

/** The label of command-line options. */
export const COMMAND_LINE = 'command line'

/** A source of settings: the environment, a file or the command line. Maps names to texts. */
export type Source = {
  label: string
  values: Readonly<Record<string, string | undefined>>
  /** Base folder of relative paths, if the source is a file; otherwise the working directory. */
  folder?: string | undefined
  /** The line of each name, if the source is a file. */
  lines?: Readonly<Record<string, number>>
  /** Errors that prevented parts of the source from being read. */
  problems?: readonly SetupProblem[]
  warnings?: readonly SetupProblem[]
}

/** The text of a setting, and the spelling of its name in the source. */
export type Given = {
  text: string, spelling: string, label: string, line: number | undefined, folder: string | undefined
}

/** The known settings of a source, by name in upper case. */
export type KnownValues = ReadonlyMap<string, Given>

/** Whether `NAME_FILE` can name a file with the value. */
export const mayBeInFile = ({ secret, file }: Setting): boolean => secret === true || file === true

const fileNames = settings.filter(mayBeInFile).map(({ name }) => `${name}_FILE`)
const settingNames: readonly string[] = settings.map(({ name }) => name)
const known: readonly string[] = [...settingNames, ...fileNames]
const knownNames = new Set([...settingNames, ...fileNames, 'DATABASE_URL'])

/** Names of settings are case-insensitive (ASCII). */
export const upperName = (name: string) => /^\w+$/.test(name) ? name.toUpperCase() : name

/** The place of a text: `my.env:3`, `environment`. */
export const placeOf = ({ label, line }: Pick<Given, 'label' | 'line'>) => line === undefined ? label : `${label}:${line}`

/**
 * Reads the values of a source; names are case-insensitive.
 * @returns the non-empty values, and a problem for each setting that the source contains in two spellings with
 * different values
 */
export function readSource (
  { label, values, folder, lines = {} }: Source
): { values: KnownValues, problems: SetupProblem[] } {
  const found = new Map<string, Given>()
  const problems: SetupProblem[] = []
  for (const [spelling, text] of Object.entries(values)) {
    const name = upperName(spelling)
    if (!text || !knownNames.has(name)) continue
    const given = { text, spelling, label, line: lines[spelling], folder }
    const other = found.get(name)
    if (other && other.text !== text) problems.push(twoSpellings(name, other, given))
    else if (!other || spelling === name) found.set(name, given)
  }
  return { values: found, problems }
}

const twoSpellings = (name: string, one: Given, other: Given): SetupProblem => ({
  subject: `${name} (${one.label})`,
  problem: `is given as ${atLine(one)} and as ${atLine(other)}, with different values`,
  remedy: 'Remove one of them: names of settings are case-insensitive.'
})

const atLine = ({ spelling, line }: Given) => line === undefined ? spelling : `${spelling} (line ${line})`

const portForm = /^(tcp|udp|sctp):\/\/\S+:\d+$/
const serviceName = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/**
 * Whether Kubernetes or a Docker link set a port setting. Both describe a service with that name to every container.
 */
export const isServiceLink = ({ schema }: Setting, { text, label }: Given) =>
  schema['type'] === 'integer' && label !== COMMAND_LINE && portForm.test(text)

/** The warning about a port setting that was set by a service link. */
export const serviceLink = (setting: Setting, given: Given): SetupProblem => ({
  subject: `${setting.name} (${placeOf(given)})`,
  problem: 'was set by Kubernetes or a Docker link to describe a service; it counts as not set',
  remedy: `Set enableServiceLinks: false in the pod, rename the service, or set ${setting.name} in the manifest.`
})

/** Warns about misspelled settings, and about `_FILE` forms of settings that are not read from files. */
export function misnamed (sources: readonly Source[]): SetupProblem[] {
  const given = new Map(sources.flatMap(source => Object.keys(source.values).map(spelling =>
    [upperName(spelling), { spelling, label: source.label, line: source.lines?.[spelling] }] as const)))
  return [...given].filter(([name]) => name.startsWith('LANGFLOW_') && !known.includes(name) && !serviceName.test(name))
    .flatMap(([name, { spelling, label, line }]) => {
      const setting = name.endsWith('_FILE') && settingNames.find(each => `${each}_FILE` === name)
      if (setting) {
        return [{
          subject: `${spelling} (${placeOf({ label, line })})`,
          problem: 'has no effect: this setting is not read from a file',
          remedy: `Set ${setting}.`
        }]
      }
      const near = known.find(candidate => distance(name, candidate) <= 2)
      return near ? [{ subject: spelling, problem: 'is not a setting', remedy: `Did you mean ${near}?` }] : []
    })
}
