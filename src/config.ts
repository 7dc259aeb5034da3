import { readFileSync, statSync } from 'node:fs'
import { distance } from 'fastest-levenshtein'
import { crossCheck, isPublic, passwordContext } from './config/checks.ts'
import { environmentVariables } from './config/environment-variables.ts'
import { parseSetting, UnfitValue } from './config/parse.ts'
import { type Setting, type SettingName, settings, type SettingValues } from './config/settings.ts'
import { SetupError, type SetupProblem } from './errors.ts'

export { DEFAULT_PASSWORD, isLoopback } from './config/checks.ts'
export { type Setting, settings } from './config/settings.ts'

/** One place settings come from: the environment, a file, the command line. Names to texts. */
export type Source = { label: string, values: Readonly<Record<string, string | undefined>> }

/** What everything else reads: checked, frozen, made once at boot. */
export type Config = SettingValues & Readonly<{
  /** Whether strangers may ask for an account: the setting, or what follows from auto login. */
  signupEnabled: boolean
  /** Whether other machines can reach the server: directly, or through a proxy. */
  isPublic: boolean
  /** What passwords must not be made of. */
  passwordContext: readonly string[]
  /** What accounts get from the server's environment, by name: secrets. Empty unless the settings ask for it. */
  environmentVariables: Readonly<Record<string, string>>
  /** Where each setting's value came from. */
  origins: Readonly<Record<string, string>>
  warnings: readonly SetupProblem[]
}>

type Found = { text: string, origin: string, path?: string }

/**
 * Reads every setting from the sources, the first one that has it deciding.
 * @param sources in order of precedence: command line, `--env-file`, environment, `./.env`
 * @returns the frozen configuration, with warnings for what is unsafe but allowed on loopback
 * @throws SetupError listing every problem at once; secret values are never in it
 */
export function loadConfig (sources: readonly Source[]): Config {
  const problems: SetupProblem[] = []
  const warnings: SetupProblem[] = misspelled(sources)
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const given = new Set<SettingName>()

  for (const setting of settings) {
    values[setting.key] = setting.default
    origins[setting.name] = 'default'
    try {
      const found = find(setting, sources)
      if (!found) continue
      origins[setting.name] = found.origin
      given.add(setting.name)
      if (found.path && isWorldReadable(found.path)) warnings.push(worldReadable(setting, found.path))
      values[setting.key] = parseSetting(setting.schema, found.text)
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error
      problems.push({
        subject: `${setting.name} (${origins[setting.name]})`,
        problem: error.message,
        remedy: remedyFor(setting)
      })
    }
  }

  const checked = values as SettingValues // every key was filled above, from its own schema
  const cross = crossCheck({ values: checked, isSet: name => given.has(name) })
  const alreadySaid = new Set(problems.map(({ subject }) => subject.split(' ')[0]))
  problems.push(...cross.problems.filter(({ subject }) => !alreadySaid.has(subject)))
  if (problems.length > 0) throw new SetupError(problems)

  return Object.freeze({
    ...checked,
    signupEnabled: !checked.autoLogin && (checked.enableSignup ?? true),
    isPublic: isPublic(checked),
    passwordContext: passwordContext(checked),
    environmentVariables: Object.freeze(checked.storeEnvironmentVariables
      ? environmentVariables(sources.map(source => source.values), checked.variablesToGetFromEnvironment)
      : {}),
    origins: Object.freeze(origins),
    warnings: Object.freeze([...warnings, ...cross.warnings])
  })
}

/** The text of a setting in the first source that has it: by its name, its `_FILE` form, or DATABASE_URL. */
function find (setting: Setting, sources: readonly Source[]): Found | undefined {
  for (const { label, values } of sources) {
    const text = values[setting.name] || (setting.name === 'LANGFLOW_DATABASE_URL' && values['DATABASE_URL'])
    const path = setting.secret && values[`${setting.name}_FILE`]
    if (text && path) throw new UnfitValue(`is given twice in ${label}: by name and by ${setting.name}_FILE`)
    if (text) return { text, origin: label }
    if (path) return { text: readSecretFile(path), origin: `${setting.name}_FILE, ${label}`, path }
  }
  return undefined
}

/** A secret's file, less the one line end that editors and `echo` add. */
function readSecretFile (path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown error'
    throw new UnfitValue(`cannot be read from the file named (${reason})`)
  }
}

const isWorldReadable = (path: string) => process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0

function worldReadable (setting: Setting, path: string): SetupProblem {
  return {
    subject: `${setting.name}_FILE`,
    problem: 'every account of this machine can read the file',
    remedy: `chmod o-r ${path}`
  }
}

function remedyFor ({ name, default: fallback, example, secret }: Setting): string {
  const value = example ?? (secret ? 'a fitting value' : fallback ?? '')
  return `Set ${name} to e.g. ${Array.isArray(value) ? value.join(',') : value}` +
    (fallback !== undefined && !secret ? ', or remove it to use the default.' : '.')
}

/** Warns of LANGFLOW_ names that are a slip away from a setting; names of Langflow's other parts are none of ours. */
function misspelled (sources: readonly Source[]): SetupProblem[] {
  const known = settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name])
  const given = new Set(sources.flatMap(({ values }) => Object.keys(values)))
  return [...given].filter(name => name.startsWith('LANGFLOW_') && !known.includes(name)).flatMap(name => {
    const near = known.find(candidate => distance(name, candidate) <= 2)
    return near ? [{ subject: name, problem: 'is not a setting', remedy: `Did you mean ${near}?` }] : []
  })
}
