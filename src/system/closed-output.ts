import type { WriteStream } from 'node:tty'
import { codeOf, reasonOf } from './errors.ts'

/**
 * Ignores a reader that closes standard output early, as `head` does; the command keeps its exit code. Other write
 * errors (a full disk) are reported on standard error and make the command fail.
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
