import type { SetupProblem } from '../../errors.ts'

export type Level = 'ok' | 'warn' | 'fail'

/** The result of one check. `fix` is the remedy: a command or a setting. */
export type Finding = { level: Level, subject: string, says: string, fix?: string }

export const ok = (subject: string, says: string): Finding => ({ level: 'ok', subject, says })
export const warn = (subject: string, says: string, fix: string): Finding => ({ level: 'warn', subject, says, fix })
export const fail = (subject: string, says: string, fix: string): Finding => ({ level: 'fail', subject, says, fix })

/** A problem that the server would report at its start. */
export const fromProblem = (level: 'warn' | 'fail') => ({ subject, problem, remedy }: SetupProblem): Finding =>
  ({ level, subject, says: problem, fix: remedy })

/** The finding of the first case that holds. */
export const firstOf = (...cases: Array<Finding | false | undefined>): Finding[] =>
  cases.filter(each => !!each).slice(0, 1)
