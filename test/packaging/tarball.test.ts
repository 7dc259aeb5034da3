import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv, temporaryFolder } from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('the tarball installs into an empty folder and runs there', { timeout: 500_000 }, async t => {
  const folder = temporaryFolder(t)
  const npm = (args: string[], cwd = folder) =>
    execFileSync('npm', args, {
      cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore',
        'pipe', 'ignore']
    })
  const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root))
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path)
    .filter((path: string) => !path.startsWith('node_modules/')) // bundled packages are checked below
  t.ok(packed.size < 2_000_000, `${packed.size} bytes packed, ${packed.unpackedSize} unpacked, ${paths.length} files`)
  t.comment(`measured: tarball ${Math.round(packed.size / 1024)} KiB, ${paths.length} files`)
  for (const path of ['bin/flowgate.mjs', 'dist/cli.js', 'dist/console/index.html', 'prisma/schema.prisma',
    'openapi.yaml', '.env.example']) {
    t.ok(paths.includes(path), path)
  }
  t.strictSame(paths.filter(path => !/^(bin|dist|prisma)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|openapi\.yaml|\.env\.example)$/.test(path)), [])
  t.strictSame(paths.filter(path => /\.map$|\.test\.|\.tsx?$/.test(path)), [], 'no files that only builds or tests need')

  npm(['init', '--yes'])
  npm(['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename)])
  t.notOk(readdirSync(join(folder, 'node_modules')).includes('tap'), 'no development tools are installed')
  const installed = readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('crypto-js/package.json'))
    .map(path => JSON.parse(readFileSync(join(folder, 'node_modules', path), 'utf8')).version)
  t.strictSame(installed, ['4.2.0'], 'fernet uses the crypto-js version without known vulnerabilities')

  const child = spawn('npx', ['flowgate', 'run'], {
    cwd: folder, detached: true, env: { ...cleanEnv, LANGFLOW_PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe']
  })
  const exit = once(child, 'close')
  t.teardown(async () => {
    try { if (child.pid) process.kill(-child.pid, 'SIGTERM') } catch { /* the process has ended */ }
    await exit
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { output += chunk })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const [, address] = /"url":"([^"]+)"/.exec(output) ?? []
      if (address) resolve(address)
    })
    exit.then(() => reject(new Error(output)))
  })
  const signedIn = await fetch(`${url}/api/v1/auto_login`)
  t.equal(signedIn.status, 200)
  t.match(await (await fetch(`${url}/`)).text(), /<html/, 'the console is served')
  t.equal((await fetch(`${url}/openapi.json`)).status, 200)
  t.match(npm(['exec', 'flowgate', '--', 'openapi']), /^openapi: 3\.1/)
})
