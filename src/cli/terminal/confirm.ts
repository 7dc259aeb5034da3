import { createInterface } from 'node:readline/promises'
import { UsageError } from '../command.ts'

/** Asks before what cannot be undone. @throws UsageError where nobody can answer, or who answers says no */
export async function confirm (question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('say --yes: nobody can be asked here')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('nothing was done')
  } finally {
    terminal.close()
  }
}
