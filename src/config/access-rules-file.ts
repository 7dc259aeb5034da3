import { readFileSync, statSync } from 'node:fs'
import { SetupError, type SetupProblem } from '../errors.ts'
import type { Known } from '../policy/access-rules/parse.ts'
import type { AccessRules } from '../policy/access-rules/rules.ts'
import { reasonOf } from '../system/errors.ts'
import type { SettingValues } from './settings.ts'

/** Larger files are refused. A rule takes about 100 bytes. */
const FILE_BYTES_MAX = 1024 * 1024

type Settings = Pick<SettingValues, 'accessRulesFile' | 'identityAudiences'>

const SETTING = 'LANGFLOW_ACCESS_RULES_FILE'

const problemWith = (path: string, problem: string, { remedy, cause }: { remedy?: string, cause?: unknown } = {}) =>
  new SetupError([{
    subject: SETTING,
    problem: `${path} ${problem}`,
    remedy: remedy ?? 'Name a YAML file of access rules (docs/protecting-apps.md).'
  }], { cause })

function readText (path: string): string {
  try {
    const stats = statSync(path)
    // A pipe without a writer would block the server.
    if (!stats.isFile()) throw problemWith(path, 'is not a file')
    if (stats.size > FILE_BYTES_MAX) {
      throw problemWith(path, `has ${stats.size} bytes, more than ${FILE_BYTES_MAX}`, { remedy: 'Shorten it.' })
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    if (cause instanceof SetupError) throw cause
    throw problemWith(path, cause instanceof TypeError ? 'is not UTF-8' : `cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * Reads the access rules.
 * @param known the groups and scopes that rules may name
 * @returns undefined if the setting is not set
 * @throws SetupError with every mistake, its line and its column
 */
export async function readAccessRules (
  { accessRulesFile: path, identityAudiences }: Settings, known: Omit<Known, 'audiences'>
): Promise<AccessRules | undefined> {
  if (path === undefined) return undefined
  const text = readText(path)
  const { parseAccessRules } = await import('../policy/access-rules/parse.ts')
  const found = parseAccessRules(text, { ...known, audiences: identityAudiences })
  if (!Array.isArray(found)) return found
  throw new SetupError(found.map(({ line, column, problem }): SetupProblem => ({
    subject: `${path}:${line}:${column}`, problem, remedy: 'Correct the file; docs/protecting-apps.md describes it.'
  })))
}
