import { SetupError, type SetupProblem } from '../errors.ts'
import { sessionSettings } from './session-settings.ts'
import type { RunStatement } from './statements.ts'

/** What the database says of itself on one of our connections. */
export type Facts = { timeZone: string, dateStyle: string }

const readFactsStatement = {
  name: 'flowgate_read_facts',
  text: `SELECT current_setting('TimeZone') AS "timeZone",
  current_setting('DateStyle') AS "dateStyle"`
}

/** Asks the database in one statement. */
export async function readFacts (run: RunStatement): Promise<Facts> {
  const [facts] = await run<Facts>(readFactsStatement, [])
  if (!facts) throw new Error('a statement without a row')
  return facts
}

/** Why Flowgate cannot work on a database with these facts; empty when it can. */
export function factProblems ({ timeZone, dateStyle }: Facts): SetupProblem[] {
  const differs = (name: keyof typeof sessionSettings, found: string) => ({
    subject: 'database',
    problem: `the session's ${name} is ${found}, and must be ${sessionSettings[name]}`,
    remedy: `Let Flowgate set it: a connection pooler must not override ${name}.`
  })
  return [
    ...(timeZone === sessionSettings.TimeZone ? [] : [differs('TimeZone', timeZone)]),
    ...(dateStyle === sessionSettings.DateStyle ? [] : [differs('DateStyle', dateStyle)])
  ]
}

/** @throws SetupError naming everything about the database that Flowgate cannot work with */
export async function requireUsable (run: RunStatement): Promise<void> {
  const problems = factProblems(await readFacts(run))
  if (problems.length > 0) throw new SetupError(problems, { exitCode: 1 })
}
