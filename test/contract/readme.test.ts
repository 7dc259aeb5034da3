import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createPostgres, postgresUrl } from '../helpers/database.ts'
import { cleanEnv, temporaryFolder } from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ADDRESS = 'http://127.0.0.1:7860'
const EXAMPLE_DATABASE = 'postgresql://flowgate@127.0.0.1:5432/flowgate'

/** Commands that other tests run: this one, and those of the walkthrough. */
const ELSEWHERE = new Set(['npm test', 'scripts/walkthrough.sh'])

/** Documents whose commands are run, each in a separate clone. */
const documents = ['README.md', 'docs/securing.md', 'docs/api.md']

const blocksOf = (path: string) => [...readFileSync(join(root, path), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .map(([, text = '']) => text.trim())
const isServer = (block: string) => /(^|\s)(npm start|npx flowgate run)/.test(block)

/** Content of a clone after its first `npm start`: the tracked files, the build and the packages. */
function checkout (t: Test): string {
  const folder = temporaryFolder(t)
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root, encoding: 'utf8'
  })
  for (const path of [...tracked.trim().split('\n'), 'dist', 'src/generated']) {
    cpSync(join(root, path), join(folder, path), { recursive: true })
  }
  // Links to single files: if the setup installs again, it removes the links and not the packages.
  execFileSync('sh', ['-c', 'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"', join(root, 'node_modules'), folder])
  return folder
}

async function runCommands (t: Test, document: string) {
  const cwd = checkout(t)
  const env = { ...cleanEnv, LANGFLOW_PORT: '0' }
  let url = ADDRESS
  let variables = ''
  let stop = async () => {}

  async function serve (block: string) {
    await stop()
    const child = spawn('bash', ['-c', `exec 2>&1; ${block}`], { cwd, env, detached: true })
    let output = ''
    const exit = once(child, 'close')
    url = await new Promise((resolve, reject) => {
      child.stdout.on('data', chunk => {
        output += chunk
        const [, address] = /"url":"([^"]+)"/.exec(output) ?? []
        if (address) resolve(address)
      })
      exit.then(() => reject(new Error(output)))
    })
    stop = async () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGTERM') // the process group: npm, its shell and the server
      } catch { /* the process has ended */ }
      await exit
    }
  }
  t.teardown(() => stop())

  for (const block of blocksOf(document).filter(text => !ELSEWHERE.has(text))) {
    if (isServer(block)) {
      if (block.includes(EXAMPLE_DATABASE) && !postgresUrl) continue
      const database = block.includes(EXAMPLE_DATABASE) ? await createPostgres() : undefined
      if (database) t.teardown(async () => { await stop(); await database.drop() })
      await serve(block.replaceAll(EXAMPLE_DATABASE, database?.url ?? ''))
      t.equal((await fetch(`${url}/health`)).status, 200, block)
      continue
    }
    // Later blocks use the variables of earlier ones, as in one terminal.
    const script = block.replaceAll(ADDRESS, url).replaceAll('curl -s', 'curl --silent --show-error --fail-with-body')
    const child = spawn('bash', ['-euo', 'pipefail', '-c', `${variables}\n${script}\ndeclare -p TOKEN ID KEY >&3 2>/dev/null || true`], {
      cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe']
    })
    let output = ''
    let declared = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => { output += chunk })
    child.stdio[3]?.on('data', (chunk: Buffer) => { declared += chunk })
    const [code] = await once(child, 'close')
    if (declared) variables = declared
    t.equal(code, 0, block.split('\n')[0])
    if (code !== 0) t.comment(output)
  }
}

for (const document of documents) {
  t.test(`every command of ${document} works unchanged`, { timeout: 300_000 }, t => runCommands(t, document))
}

async function walk (t: Test, ...args: string[]) {
  const child = spawn(join(root, 'scripts/walkthrough.sh'), args, { env: cleanEnv, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', chunk => { output += chunk })
  child.stderr.on('data', chunk => { output += chunk })
  const [code] = await once(child, 'close')
  t.equal(code, 0, output)
  t.match(output, /All \d+ steps as expected/)
}

t.test('the walkthrough of the documentation works', { timeout: 180_000 }, t => walk(t))

t.test('the walkthrough works on PostgreSQL', {
  timeout: 180_000, ...(postgresUrl ? {} : { skip: 'no PostgreSQL server' })
}, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  await walk(t, url)
})
