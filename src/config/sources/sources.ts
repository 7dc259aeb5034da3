import { distance } from 'fastest-levenshtein'
import type { SetupProblem } from '../../errors.ts'
import { type Setting, settings } from '../settings.ts'

/** The label of the options of a command. */
export const COMMAND_LINE = 'command line'

/** One place settings come from: the environment, a file, the command line. Names to texts. */
export type Source = {
  label: string
  values: Readonly<Record<string, string | undefined>>
  /** What relative paths in it are resolved against, where the source is a file; otherwise the working directory. */
  folder?: string | undefined
  /** The line of each name, where the source is a file. */
  lines?: Readonly<Record<string, number>>
  /** What kept the source from being read as a whole. */
  problems?: readonly SetupProblem[]
  warnings?: readonly SetupProblem[]
}

/** The text of a name, as one source spells it. */
export type Given = {
  text: string, spelling: string, label: string, line: number | undefined, folder: string | undefined
}

/** A source by the names that this server knows, in upper case. */
export type KnownValues = ReadonlyMap<string, Given>

const secretFiles = settings.filter(({ secret }) => secret).map(({ name }) => `${name}_FILE`)
const settingNames: readonly string[] = settings.map(({ name }) => name)
const known: readonly string[] = settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name])
const knownNames = new Set([...settingNames, ...secretFiles, 'DATABASE_URL'])

/** Langflow's settings do not heed the case of ASCII letters. */
export const upperName = (name: string) => /^\w+$/.test(name) ? name.toUpperCase() : name

/** Where something was read: `my.env:3`, `environment`. */
export const placeOf = ({ label, line }: Pick<Given, 'label' | 'line'>) => line === undefined ? label : `${label}:${line}`

/**
 * The values of a source under the names of the settings, whatever the case they are written in.
 * @returns empty values left out, and a problem for each setting that the source spells twice with different values
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
  remedy: 'Remove one of them: names of settings do not depend on case.'
})

const atLine = ({ spelling, line }: Given) => line === undefined ? spelling : `${spelling} (line ${line})`

const portForm = /^(tcp|udp|sctp):\/\/\S+:\d+$/
const serviceName = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** Whether Kubernetes or a Docker link set a port setting: they describe a service of that name to every container. */
export const isServiceLink = ({ schema }: Setting, { text, label }: Given) =>
  schema['type'] === 'integer' && label !== COMMAND_LINE && portForm.test(text)

/** The warning for a port setting that was not meant for this server. */
export const serviceLink = (setting: Setting, given: Given): SetupProblem => ({
  subject: `${setting.name} (${placeOf(given)})`,
  problem: 'describes a service of that name and was set by Kubernetes or a Docker link; it counts as not set',
  remedy: `Set enableServiceLinks: false in the pod, rename the service, or set ${setting.name} in the manifest.`
})

/** Warns of names that are a slip away from a setting, and of files for settings that are not read from files. */
export function misnamed (sources: readonly Source[]): SetupProblem[] {
  const given = new Map(sources.flatMap(source => Object.keys(source.values).map(spelling =>
    [upperName(spelling), { spelling, label: source.label, line: source.lines?.[spelling] }] as const)))
  return [...given].filter(([name]) => name.startsWith('LANGFLOW_') && !known.includes(name) && !serviceName.test(name))
    .flatMap(([name, { spelling, label, line }]) => {
      const setting = name.endsWith('_FILE') && settingNames.find(each => `${each}_FILE` === name)
      if (setting) {
        return [{
          subject: `${spelling} (${placeOf({ label, line })})`,
          problem: 'has no effect: only secrets are read from files',
          remedy: `Set ${setting}.`
        }]
      }
      const near = known.find(candidate => distance(name, candidate) <= 2)
      return near ? [{ subject: spelling, problem: 'is not a setting', remedy: `Did you mean ${near}?` }] : []
    })
}
