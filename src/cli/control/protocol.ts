import type { Socket } from 'node:net'
import { once } from 'node:events'
import type { SetupProblem } from '../../errors.ts'
import type { WriteEvent } from '../../services/audit/sink.ts'
import { version } from '../../version.ts'

/** Changes with every incompatible change of these messages. Operations change with the version of Flowgate. */
const PROTOCOL = 1

/** Longer messages end the connection. Lists are read in pages, so none comes near it. */
const MESSAGE_CHARACTERS_MAX = 16 * 1024 * 1024

/** The first message in each direction. `keys` are the fingerprints of the server's secret keys. */
export type Greeting = { flowgate: string, protocol: number, keys?: readonly string[] | undefined }

/** An operation by name. A function among the arguments becomes PROGRESS; `progress` messages call it. */
export type Call = { call: string, args: unknown[] }

/** Replaces a function in the arguments of a call. */
export const PROGRESS = Symbol('progress')

export type Reply =
  | { progress: number }
  | { event: Parameters<WriteEvent> }
  | { isDone: true, result?: unknown }
  | { refused: { problems: readonly SetupProblem[], exitCode: 1 | 78 } }
  | { failed: true }

export const greeting = (keys?: readonly string[]): Greeting => ({ flowgate: version, protocol: PROTOCOL, keys })

/** Whether the other side has the same operations. */
export const isSameVersion = ({ flowgate, protocol }: Greeting): boolean =>
  flowgate === version && protocol === PROTOCOL

/** JSON on one line, with the values that JSON lacks. */
const encode = (message: unknown) => JSON.stringify(message, function (this: Record<string, unknown>, key, plain) {
  const value = this[key] // a date has become a text in `plain`
  if (value instanceof Date) return { $date: value.toISOString() }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value === 'function') return { $progress: true }
  return value === undefined && Array.isArray(this) ? { $undefined: true } : plain
}) + '\n'

const decode = (line: string): unknown => JSON.parse(line, (_key, value) => {
  if (typeof value?.$date === 'string') return new Date(value.$date)
  if (typeof value?.$bigint === 'string') return BigInt(value.$bigint)
  if (value?.$progress === true) return PROGRESS
  return value?.$undefined === true ? undefined : value
})

/** Writes a message, and waits while the other side does not read. */
export async function send (socket: Socket, message: Greeting | Call | Reply): Promise<void> {
  const text = encode(message)
  if (socket.destroyed || socket.write(text)) return
  const either = new AbortController()
  const drained = ['drain', 'close'].map(event => once(socket, event, { signal: either.signal }))
  await Promise.race(drained).finally(() => either.abort())
}

/**
 * The messages of the other side, read no faster than they are handled.
 * @throws SyntaxError or RangeError for what is no message
 */
export async function * receive (socket: Socket): AsyncGenerator<unknown> {
  let parts: string[] = []
  let length = 0
  for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) {
    const [first = '', ...rest] = chunk.split('\n')
    for (const [index, text] of [first, ...rest].entries()) {
      if (index > 0) {
        yield decode(parts.join(''))
        parts = []
        length = 0
      }
      parts.push(text)
      length += text.length
      if (length > MESSAGE_CHARACTERS_MAX) throw new RangeError('the message is too long')
    }
  }
}
