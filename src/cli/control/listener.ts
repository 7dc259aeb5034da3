import { createServer, type Server, type Socket } from 'node:net'
import { SetupError } from '../../errors.ts'
import type { WriteEvent } from '../../services/audit/sink.ts'
import { type Call, greeting, type Greeting, isSameVersion, PROGRESS, receive, send } from './protocol.ts'
import { prepareSocketPath, removeSocket } from './socket-path.ts'

/** Commands at the same time; each has one connection. */
const CONNECTIONS_MAX = 16

/** A connection without a message for so long is closed. A command calls its operations one after another. */
const IDLE_MS = 60_000

export type Operations = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>

type Options = {
  configDir: string
  /** Fingerprints of the server's secret keys. */
  keys: readonly string[]
  /** Called for each command, with what sends it the security events of its operations. */
  createOperations: (onEvent: WriteEvent) => Operations
  /** Called after each operation, with the error that was no refusal. */
  onDone: (name: string, error: unknown) => void
}

/** The command has ended, or the server is closing: work in progress stops after its current step. */
class Abandoned extends Error {}

const isCall = (message: unknown): message is Call => typeof message === 'object' && message !== null &&
  'call' in message && 'args' in message && Array.isArray(message.args)

/**
 * Executes operations for commands on this machine, on a socket that only the account of this process can use.
 * @returns what closes it: waits for the operations that run
 * @throws the system's error when the socket cannot be created
 */
export async function listenForCommands ({ configDir, keys, createOperations, onDone }: Options) {
  const running = new Map<Socket, Promise<void>>()
  let isClosing = false

  async function execute (socket: Socket, operations: Operations, { call, args }: Call) {
    const operation = Object.hasOwn(operations, call) ? operations[call] : undefined
    const onProgress = (progress: number) => {
      if (socket.destroyed || isClosing) throw new Abandoned()
      send(socket, { progress }).catch(() => {}) // the next step finds the closed connection
    }
    try {
      if (!operation) throw new Error(`there is no operation ${call}`)
      const given = args.map(arg => arg === PROGRESS ? onProgress : arg) as never[] // as the caller's types say
      await send(socket, { isDone: true, result: await operation(...given) })
      onDone(call, undefined)
    } catch (error) {
      if (error instanceof Abandoned) {
        socket.destroy()
        return
      }
      const isRefusal = error instanceof SetupError
      onDone(call, isRefusal ? undefined : error)
      await send(socket, isRefusal
        ? { refused: { problems: error.problems, exitCode: error.exitCode } }
        : { failed: true })
    }
  }

  async function serve (socket: Socket) {
    await send(socket, greeting(keys))
    const operations = createOperations((...event) => { send(socket, { event }).catch(() => {}) })
    let isGreeted = false
    for await (const message of receive(socket)) {
      if (!isGreeted) {
        if (!isSameVersion(message as Greeting)) break
        isGreeted = true
        continue
      }
      if (!isCall(message)) break
      socket.setTimeout(0)
      await execute(socket, operations, message)
      if (isClosing) break
      socket.setTimeout(IDLE_MS)
    }
  }

  const server = createServer(socket => {
    socket.on('error', () => {}) // the command has ended
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    const served = serve(socket).catch(() => {}).finally(() => {
      socket.destroy()
      running.delete(socket)
    })
    running.set(socket, served)
  })
  server.maxConnections = CONNECTIONS_MAX
  await listen(server, prepareSocketPath(configDir)).catch((error: unknown) => {
    removeSocket(configDir)
    throw error
  })
  return {
    close: async () => {
      isClosing = true
      server.close()
      // A connection with a timeout is between two operations.
      for (const socket of running.keys()) if (socket.timeout) socket.destroy()
      await Promise.all(running.values())
      removeSocket(configDir)
    }
  }
}

/** The socket is created synchronously, so the mask affects nothing else. */
async function listen (server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177)
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  process.umask(mask)
  await listening
}
