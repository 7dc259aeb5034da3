import { createInterface } from 'node:readline/promises'
import { UsageError } from '../command.ts'

/** Asks before an action that cannot be undone. @throws UsageError without a terminal, and for any answer but yes */
export async function confirm (question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('standard input is not a terminal: confirm with --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('cancelled: nothing was changed')
  } finally {
    terminal.close()
  }
}
