import type { WriteStream } from 'node:tty'
import { codeOf, reasonOf } from './errors.ts'

/**
 * Lets a reader close standard output early, as `head` does: the command goes on without a word and keeps its exit
 * code. Any other failure to write (a full disk) is told on standard error and fails the command.
 */
export function tolerateClosedOutput (): void {
  for (const stream of [process.stdout, process.stderr] as WriteStream[]) {
    stream.on('error', error => {
      if (codeOf(error) === 'EPIPE') return
      if (stream === process.stdout) console.error(`flowgate: standard output cannot be written: ${reasonOf(error)}`)
      process.exitCode = 1
    })
  }
}
