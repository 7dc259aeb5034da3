import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { generateSecretKey } from '../src/crypto/secret-key.ts'
import { secretKeyFromFile } from '../src/secret-key-file.ts'
import { cleanEnv, temporaryFolder } from './helpers/cli.ts'

const modulePath = new URL('../dist/secret-key-file.js', import.meta.url).href

/** A process that reads or makes the key when it is told to. `pid`: the number it believes to have. */
async function startReader (t: Test, folder: string, pid?: number) {
  const script = `
    ${pid === undefined ? '' : `Object.defineProperty(process, 'pid', { value: ${pid} })`}
    const { secretKeyFromFile } = await import(${JSON.stringify(modulePath)})
    process.stdin.once('data', () => {
      console.log(JSON.stringify(secretKeyFromFile(${JSON.stringify(folder)})))
      process.stdin.destroy()
    })
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: cleanEnv })
  t.teardown(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  child.stderr.on('data', chunk => { stderr += chunk })
  await new Promise<void>(resolve => child.stdout.on('data', chunk => { stdout += chunk; resolve() }))
  return async (): Promise<{ text: string, isNew: boolean }> => {
    child.stdin.write('go')
    await ended
    const line = stdout.split('\n')[1]
    if (!line) throw new Error(stderr)
    return JSON.parse(line)
  }
}

for (const [name, pid] of [['processes', undefined], ['containers, where each is process 1,', 1]] as const) {
  t.test(`${name} that start together on an empty folder use one key`, { timeout: 120_000 }, async t => {
    for (let round = 0; round < 6; round++) {
      const folder = join(temporaryFolder(t), 'home')
      const readers = await Promise.all(Array.from({ length: 6 }, () => startReader(t, folder, pid)))
      const keys = await Promise.all(readers.map(read => read()))
      const kept = readFileSync(join(folder, 'secret_key'), 'utf8').trimEnd()
      t.strictSame(keys.map(({ text }) => text), Array(6).fill(kept))
      t.equal(keys.filter(({ isNew }) => isNew).length, 1, 'one made it')
      t.strictSame(readdirSync(folder), ['secret_key'], 'no draft is left')
      t.equal(statSync(join(folder, 'secret_key')).mode & 0o777, 0o600)
    }
  })
}

t.test('nothing is written beside an existing key', async t => {
  const folder = temporaryFolder(t)
  const text = generateSecretKey()
  writeFileSync(join(folder, 'secret_key'), text, { mode: 0o644 })
  utimesSync(folder, 1, 1)
  t.match(secretKeyFromFile(folder), { text, isNew: false })
  t.equal(statSync(join(folder, 'secret_key')).mode & 0o777, 0o600, 'and it is private from then on')
  t.equal(statSync(folder).mtimeMs, 1000, 'no file was added or removed')
})

t.test('a draft that cannot become the key is deleted', async t => {
  const folder = temporaryFolder(t)
  symlinkSync('nowhere', join(folder, 'secret_key'))
  t.throws(() => secretKeyFromFile(folder), /secret_key: the file cannot be created or read: /)
  t.strictSame(readdirSync(folder), ['secret_key'])
})
