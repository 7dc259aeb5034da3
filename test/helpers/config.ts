import { type Config, loadConfig } from '../../src/config.ts'
import { SetupError, type SetupProblem } from '../../src/errors.ts'

/** Settings by name, as the environment gives them. */
export type Values = Record<string, string | undefined>

/** The settings of an environment; of several, in order of precedence. @throws SetupError */
export const load = (...sources: Values[]): Config =>
  loadConfig(sources.map(values => ({ label: 'environment', values })))

/** What is wrong with settings; empty when nothing is. */
export function problemsOf (values: Values): readonly SetupProblem[] {
  try {
    load(values)
  } catch (error) {
    if (error instanceof SetupError) return error.problems
    throw error
  }
  return []
}
