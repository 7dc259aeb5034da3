import { connect, type Socket } from 'node:net'
import type { Config } from '../../config.ts'
import { SetupError } from '../../errors.ts'
import { version } from '../../version.ts'
import { writeEventLine } from '../terminal/event-line.ts'
import { greeting, type Greeting, isSameVersion, receive, type Reply, send } from './protocol.ts'
import { findSocketPath } from './socket-path.ts'

/** A server greets at once, unless it is stopped or overloaded. */
const GREETING_MS = 10_000

/**
 * Works on the embedded database in the server that has it open, over the server's control socket.
 * @param keys fingerprints of this command's secret keys, which must be those of the server; undefined: any
 * @param work with the operations of the server
 * @param otherwise what to do when no server has the database open, and with PostgreSQL
 * @throws SetupError when the server has another version or other keys, refuses, or ends
 */
export async function callServer<T, Operations extends object> (
  { databaseUrl, configDir }: Pick<Config, 'databaseUrl' | 'configDir'>, keys: readonly string[] | undefined,
  work: (operations: Operations) => Promise<T>, otherwise: () => Promise<T>
): Promise<T> {
  const socket = databaseUrl === undefined ? await open(findSocketPath(configDir)) : undefined
  if (!socket) return otherwise()
  try {
    const messages = receive(socket)
    const server = await firstOf(messages, socket)
    requireSame(server, keys)
    await send(socket, greeting())
    return await work(remoteOperations<Operations>(socket, messages))
  } finally {
    socket.destroy()
  }
}

/** Resolves to undefined when nothing listens there: no server, or one that was killed. */
function open (path: string): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.on('error', () => {}) // `close` follows
      resolve(socket)
    })
    socket.once('error', () => resolve(undefined))
  })
}

async function firstOf (messages: AsyncGenerator<unknown>, socket: Socket): Promise<Greeting> {
  socket.setTimeout(GREETING_MS, () => socket.destroy())
  const { value } = await messages.next().catch(() => ({ value: undefined }))
  socket.setTimeout(0)
  if (value === undefined) throw notAnswering()
  return value as Greeting
}

function requireSame (server: Greeting, keys: readonly string[] | undefined) {
  if (!isSameVersion(server)) throw otherVersion(server)
  const theirs = server.keys ?? []
  if (keys && keys.join() !== theirs.join()) throw otherKeys(theirs, keys)
}

/** Each method sends a call and waits for its result. Calls are made one after another. */
function remoteOperations<Operations extends object> (socket: Socket, messages: AsyncGenerator<unknown>): Operations {
  async function call (name: string, args: unknown[]): Promise<unknown> {
    const onProgress = args.find(arg => typeof arg === 'function')
    await send(socket, { call: name, args }).catch(() => {}) // the reply is missing then
    for (;;) {
      const { value, done } = await messages.next().catch(() => ({ value: undefined, done: true }))
      if (done) throw ended()
      const reply = value as Reply // of a server of the same version
      if ('progress' in reply) onProgress?.(reply.progress)
      else if ('event' in reply) writeEventLine(...reply.event)
      else if ('isDone' in reply) return reply.result
      else throw 'refused' in reply ? new SetupError(reply.refused.problems, reply.refused) : failed()
    }
  }
  return new Proxy({}, { get: (_target, name) => (...args: unknown[]) => call(String(name), args) }) as Operations
}

const error = (problem: string, remedy: string) =>
  new SetupError([{ subject: 'server', problem, remedy }], { exitCode: 1 })

const notAnswering = () => error('it has the embedded database open and does not answer on its control socket',
  'Wait until it serves, or restart it.')

const ended = () => error('it ended before the command did', 'Check what was done, then run the command again.')

const failed = () => error('it could not execute the command', 'Its log has the cause.')

const otherVersion = ({ flowgate }: Greeting) => error(
  `it has the embedded database open and is version ${flowgate}, but this command is version ${version}`,
  'Restart the server with this version, or run the command with the version of the server.')

const otherKeys = (theirs: readonly string[], ours: readonly string[]) => new SetupError([{
  subject: 'LANGFLOW_SECRET_KEY',
  problem: `the running server was started with ${theirs.join(' and ')}, but this command with ${ours.join(' and ')}`,
  remedy: 'Use the settings of the server (--env-file), or restart the server with these settings.'
}])
