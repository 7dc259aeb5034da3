import { crossCheck, isPublic, passwordContext } from './config/checks.ts'
import { environmentVariables } from './config/sources/environment-variables.ts'
import { findSetting } from './config/sources/find.ts'
import { parseSetting, UnfitValue } from './config/parse.ts'
import { absolutePath, settingPath } from './config/paths.ts'
import { type PublicAddress, publicAddress } from './config/public-url.ts'
import { type Setting, type SettingName, settings, type SettingValues } from './config/settings.ts'
import { misnamed, placeOf, readSource, type Source } from './config/sources/sources.ts'
import { controlProblem } from './config/sources/stray.ts'
import { withAbsoluteFiles } from './policy/database-url.ts'
import { SetupError, type SetupProblem } from './errors.ts'

export { DEFAULT_PASSWORD, isLoopback } from './config/checks.ts'
export { absolutePath } from './config/paths.ts'
export { UnfitValue } from './config/parse.ts'
export { type Setting, settings } from './config/settings.ts'
export { readSettingsSource } from './config/sources/settings-source.ts'
export { COMMAND_LINE, type Source } from './config/sources/sources.ts'

/** The validated, frozen configuration. Created once at boot. */
export type Config = Omit<SettingValues, 'publicUrl'> & Readonly<PublicAddress & {
  /** Whether sign-up is open: the setting, or the default that depends on auto login. */
  signupEnabled: boolean
  /** Whether other machines can reach the server: directly, or through a proxy. */
  isPublic: boolean
  /** Words that passwords must not consist of. */
  passwordContext: readonly string[]
  /**
   * Variables from the server's environment that accounts get, by name. All of them are secrets. Empty unless enabled.
   */
  environmentVariables: Readonly<Record<string, string>>
  /** The source of each setting's value. */
  origins: Readonly<Record<string, string>>
  /** The line of each value that came from a settings file. */
  lines: Readonly<Record<string, number>>
  warnings: readonly SetupProblem[]
}>

/**
 * Reads each setting from the first source that has it.
 * @param sources in order of precedence: command line, `--env-file`, environment, `./.env`
 * @returns the frozen configuration, with warnings about settings that are insecure but allowed on loopback
 * @throws SetupError with all problems; it never contains secret values
 */
export function loadConfig (sources: readonly Source[]): Config {
  const read = sources.map(readSource)
  const problems = [...sources.flatMap(source => source.problems ?? []), ...read.flatMap(source => source.problems)]
  const warnings = [...sources.flatMap(source => source.warnings ?? []), ...misnamed(sources)]
  const isWhole = sources.every(source => (source.problems ?? []).length === 0)
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const lines: Record<string, number> = {}
  const given = new Set<SettingName>()

  for (const setting of settings) {
    const { name, key, schema } = setting
    values[key] = schema.default
    origins[name] = 'default'
    try {
      const found = findSetting(setting, read.map(source => source.values), warning => warnings.push(warning))
      if (found) {
        origins[name] = found.origin
        if (found.line !== undefined) lines[name] = found.line
        given.add(name)
        values[key] = withAbsolutePaths(setting, readValue(setting, found.text), found.folder)
      } else if (setting.path && typeof values[key] === 'string') values[key] = absolutePath(values[key])
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error
      const place = error.place ?? placeOf({ label: origins[name], line: lines[name] })
      problems.push({
        subject: place === 'default' ? name : `${name} (${place})`,
        problem: error.message,
        remedy: error.remedy ?? remedyFor(setting)
      })
    }
  }

  const checked = values as SettingValues // the loop sets every key
  const cross = crossCheck({ values: checked, isSet: name => given.has(name) })
  const alreadySaid = new Set(problems.map(({ subject }) => subject.split(' ')[0]))
  // If a source could not be read, missing values must not cause errors in other settings.
  if (isWhole) problems.push(...cross.problems.filter(({ subject }) => !alreadySaid.has(subject)))
  if (problems.length > 0) throw new SetupError(problems)

  return Object.freeze({
    ...checked,
    ...publicAddress(checked),
    signupEnabled: !checked.autoLogin && (checked.enableSignup ?? true),
    isPublic: isPublic(checked),
    passwordContext: passwordContext(checked),
    environmentVariables: Object.freeze(checked.storeEnvironmentVariables
      ? environmentVariables(sources.map(source => source.values), checked.variablesToGetFromEnvironment)
      : {}),
    origins: Object.freeze(origins),
    lines: Object.freeze(lines),
    warnings: Object.freeze([...warnings, ...cross.warnings])
  })
}

/** Parses a value and rejects control characters. @throws UnfitValue */
function readValue ({ schema, lines }: Setting, text: string): unknown {
  // A value of one line may have `\n` for its line ends.
  if (lines) return parseSetting(schema, text.replaceAll('\\n', '\n').replaceAll('\r\n', '\n'))
  const value = parseSetting(schema, text)
  const problem = [value].flat().map(each => typeof each === 'string' && controlProblem(each)).find(Boolean)
  if (problem) throw new UnfitValue(problem, 'Write the value again without it.')
  return value
}

/** Makes paths independent of the working directory. */
function withAbsolutePaths ({ path, name }: Setting, value: unknown, folder: string | undefined): unknown {
  if (typeof value !== 'string') return value
  if (path) return settingPath(value, folder)
  return name === 'LANGFLOW_DATABASE_URL' ? withAbsoluteFiles(value, file => settingPath(file, folder)) : value
}

function remedyFor ({ name, default: fallback, example, secret }: Setting): string {
  const value = example ?? (secret ? 'a valid value' : fallback ?? '')
  return `Set ${name} to e.g. ${Array.isArray(value) ? value.join(',') : value}` +
    (fallback !== undefined && !secret ? ', or remove it to use the default.' : '.')
}
