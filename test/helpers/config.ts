import { type Config, loadConfig } from '../../src/config.ts'
import { SetupError, type SetupProblem } from '../../src/errors.ts'

/** Settings by name, as in the environment. */
export type Values = Record<string, string | undefined>

/** Loads settings from one or more environments, in order of precedence. @throws SetupError */
export const load = (...sources: Values[]): Config =>
  loadConfig(sources.map(values => ({ label: 'environment', values })))

/** The problems of settings; empty if they are valid. */
export function problemsOf (values: Values): readonly SetupProblem[] {
  try {
    load(values)
  } catch (error) {
    if (error instanceof SetupError) return error.problems
    throw error
  }
  return []
}
