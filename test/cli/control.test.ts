import { EventEmitter, once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { callServer } from '../../src/cli/control/caller.ts'
import { listenForCommands, type Operations } from '../../src/cli/control/listener.ts'
import { findSocketPath } from '../../src/cli/control/socket-path.ts'
import { SetupError } from '../../src/errors.ts'
import { version } from '../../src/version.ts'
import { temporaryFolder } from '../helpers/cli.ts'

const KEYS = ['a1b2c3d4e5', 'f6a7b8c9d0']
const noServer = async (): Promise<never> => { throw new Error('no server has the database open') }

async function listen (t: Test, operations: Operations, configDir = temporaryFolder(t)) {
  const done: Array<[string, unknown]> = []
  const { close } = await listenForCommands({
    configDir, keys: KEYS, createOperations: () => operations, onDone: (name, error) => done.push([name, error])
  })
  t.teardown(close)
  const call = <Remote extends Operations, T>(work: (operations: Remote) => Promise<T>, keys = KEYS) =>
    callServer<T, Remote>({ databaseUrl: undefined, configDir }, keys, work, noServer)
  return { configDir, call, close, done }
}

/** Listens at a server's place and says what it likes. */
async function impostor (t: Test, configDir: string, greet: (write: (line: string) => void, end: () => void) => void) {
  const server = createServer(socket => greet(line => socket.write(`${line}\n`), () => socket.destroy()))
  server.listen(findSocketPath(configDir))
  await once(server, 'listening')
  t.teardown(() => server.close())
}

t.test('arguments and results arrive as they are, one call after another', async t => {
  const operations = {
    echo: async (...args: unknown[]) => args,
    nothing: async () => undefined,
    count: async (upTo: number, onProgress: (n: number) => void) => {
      for (let n = 1; n <= upTo; n++) onProgress(n)
      return upTo
    }
  }
  const { call, done } = await listen(t, operations)
  const given = [null, undefined, 'é\n"', 1.5, [new Date(5), undefined], { at: new Date(0), uses: 2n ** 70n, no: null }]
  const seen: number[] = []
  const results = await call(async ({ echo, nothing, count }: typeof operations) =>
    [await echo(...given), await nothing(), await count(3, n => seen.push(n))])
  t.strictSame(results, [given, undefined, 3])
  t.strictSame(seen, [1, 2, 3])
  t.strictSame(done, [['echo', undefined], ['nothing', undefined], ['count', undefined]])
})

t.test('refusals are errors of the command, and other errors stay in the log of the server', async t => {
  const problems = [{ subject: 'account', problem: 'is taken', remedy: 'Choose another one.' }]
  const operations = {
    refuse: async () => { throw new SetupError(problems, { exitCode: 1 }) },
    fail: async () => { throw new Error('a secret of the server') }
  }
  const { call, done } = await listen(t, operations)
  await t.rejects(call(({ refuse }: typeof operations) => refuse()), { message: /account: is taken\n +Choose another one\./, exitCode: 1 })
  const failed = await call(({ fail }: typeof operations) => fail()).catch(String)
  t.match(failed, /could not execute the command\n.*log has the cause/)
  t.notMatch(failed, 'a secret of the server')
  t.match(done, [['refuse', undefined], ['fail', { message: 'a secret of the server' }]])
  for (const name of ['dance', 'constructor', '__proto__']) {
    await t.rejects(call((all: Record<string, () => Promise<void>>) => all[name]()), /could not execute/, name)
  }
})

t.test('large results wait for a caller that reads slowly, and too long messages end the connection', async t => {
  const row = 'x'.repeat(1000)
  const operations = { list: async (rows: number) => Array<string>(rows).fill(row) }
  const { call, configDir } = await listen(t, operations)
  const rows = await call(async ({ list }: typeof operations) => {
    let read = 0
    for (let page = 0; page < 20; page++) read += (await list(1000)).length
    return read
  })
  t.equal(rows, 20_000)
  await t.rejects(call(({ list }: typeof operations) => list(20_000)), /ended before the command did/)

  const socket = connect(findSocketPath(configDir))
  socket.on('error', () => {})
  socket.resume().write('['.repeat(17 * 1024 * 1024))
  await new Promise(resolve => { socket.on('close', resolve) })
})

t.test('each caller has its own connection', async t => {
  const operations = { echo: async (n: number) => n }
  const { call } = await listen(t, operations)
  const numbers = Array.from({ length: 10 }, (_, n) => n)
  t.strictSame(await Promise.all(numbers.map(n => call(({ echo }: typeof operations) => echo(n)))), numbers)
})

t.test('work in progress stops with its caller, and closing waits for what runs', async t => {
  const signals = new EventEmitter()
  let steps = 0
  const operations = {
    work: async (onProgress: (n: number) => void) => {
      try {
        for (;;) {
          onProgress(++steps)
          await new Promise(resolve => { setImmediate(resolve) })
          signals.emit('working')
        }
      } finally {
        signals.emit('stopped')
      }
    },
    last: async () => {
      signals.emit('last')
      await once(signals, 'finish')
      return 'done'
    }
  }
  const { call, configDir, close } = await listen(t, operations)
  const raw = connect(findSocketPath(configDir))
  raw.write(`${JSON.stringify({ flowgate: version, protocol: 1 })}\n{"call":"work","args":[{"$progress":true}]}\n`)
  await once(signals, 'working')
  const stopped = once(signals, 'stopped')
  raw.destroy()
  await stopped
  t.ok(steps > 0)

  const running = once(signals, 'last')
  const result = call(({ last }: typeof operations) => last())
  await running
  let isClosed = false
  const closed = close().then(() => { isClosed = true })
  await new Promise(resolve => { setImmediate(resolve) })
  t.notOk(isClosed)
  signals.emit('finish')
  t.equal(await result, 'done', 'the operation that runs is completed')
  await closed
  await t.rejects(call(({ last }: typeof operations) => last()), /no server has the database open/)
})

t.test('a command of another version is refused by either side', async t => {
  let ran = 0
  const { configDir } = await listen(t, { run: async () => { ran++ } })
  for (const first of [{ flowgate: '0.0.1', protocol: 1 }, { flowgate: version, protocol: 0 }, null, 'x']) {
    const socket = connect(findSocketPath(configDir))
    socket.on('error', () => {}).resume()
    socket.write(`${JSON.stringify(first)}\n{"call":"run","args":[]}\n`)
    await once(socket, 'close')
  }
  t.equal(ran, 0)

  const other = temporaryFolder(t)
  await impostor(t, other, write => write(JSON.stringify({ flowgate: '9.9.9', protocol: 7, keys: [] })))
  await t.rejects(callServer({ databaseUrl: undefined, configDir: other }, KEYS, noServer, noServer), {
    exitCode: 1, message: new RegExp(`is version 9\\.9\\.9, but this command is version ${version.replaceAll('.', '\\.')}`)
  })
})

t.test('other secret keys, and a server that does not answer, are errors with the remedy', async t => {
  const { call } = await listen(t, {})
  await t.rejects(call(noServer, ['0000000000']), {
    exitCode: 78, message: /was started with a1b2c3d4e5 and f6a7b8c9d0, but this command with 0000000000/
  })
  const silent = temporaryFolder(t)
  await impostor(t, silent, (_write, end) => end())
  await t.rejects(callServer({ databaseUrl: undefined, configDir: silent }, KEYS, noServer, noServer),
    /does not answer on its control socket/)
})

t.test('the socket is closed to other accounts, even in a folder that is not', async t => {
  const { configDir } = await listen(t, {})
  t.equal(statSync(findSocketPath(configDir)).mode & 0o777, 0o600)
})

t.test('a path that is too long for a socket is replaced by a short one, which goes with the server', async t => {
  const configDir = join(temporaryFolder(t), 'x'.repeat(120))
  mkdirSync(configDir)
  const operations = { echo: async (n: number) => n }
  const { call, close } = await listen(t, operations, configDir)
  const path = findSocketPath(configDir)
  t.equal(readFileSync(join(configDir, 'control.path'), 'utf8'), `${path}\n`)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.equal(await call(({ echo }: typeof operations) => echo(7)), 7)
  await close()
  t.throws(() => statSync(dirname(path)), { code: 'ENOENT' })
  t.throws(() => statSync(join(configDir, 'control.path')), { code: 'ENOENT' })
})

t.test('what a killed server left is no obstacle for commands and for the next server', async t => {
  const configDir = temporaryFolder(t)
  writeFileSync(join(configDir, 'control.sock'), '')
  const otherwise = async () => 'directly'
  t.equal(await callServer({ databaseUrl: undefined, configDir }, KEYS, noServer, otherwise), 'directly')
  const operations = { echo: async (n: number) => n }
  const { call } = await listen(t, operations, configDir)
  t.equal(await call(({ echo }: typeof operations) => echo(7)), 7)
  const postgres = { databaseUrl: 'postgresql://127.0.0.1/flowgate', configDir }
  t.equal(await callServer(postgres, KEYS, noServer, otherwise), 'directly', 'PostgreSQL needs no server')
})
