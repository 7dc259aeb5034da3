import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv, temporaryFolder } from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The type declarations of the libraries in the package. */
const LIBRARY_TYPES = /^dist\/(client|verify)\/[\w-]+\.d\.ts$|^dist\/generated\/api\.d\.ts$/

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
  t.strictSame(paths.filter(path => /\.map$|\.test\.|\.tsx?$/.test(path) && !LIBRARY_TYPES.test(path)), [],
    'no files that only builds or tests need')

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

/** Programs of users, with the libraries that TypeScript has for them. */
const PROGRAMS: Array<{ lib: string[], types: string[], text: string }> = [{
  // A verifier needs neither the types of browsers nor those of Node.js.
  lib: ['ES2023'],
  types: [],
  text: `
import { createVerifier, fastifyIdentity, identityOf, requireIdentity, VerificationError } from 'flowgate/verify'
import type { Identity, Requirements } from 'flowgate/verify'

const verifier = createVerifier({ issuer: 'https://auth.example.org', audience: 'reports' })

export async function nameOf (authorization: string | undefined): Promise<string> {
  try {
    const identity: Identity = await verifier.authenticate(authorization, { scopes: ['reports:read'] })
    return identity.username ?? identity.accountId
  } catch (error) {
    if (error instanceof VerificationError) return \`\${error.status} \${error.code}\`
    throw error
  }
}
export const requirements: Requirements = { access: 'admin' }
export const middleware = requireIdentity(verifier, requirements)
export const plugin = fastifyIdentity
export const nameOfRequest = (request: object): string | undefined => identityOf(request).username
`
}, ...[{ lib: ['ES2023', 'DOM'], types: [] }, { lib: ['ES2023'], types: ['node'] }].map(environment => ({
  ...environment,
  text: `
import { createClient, FlowgateError, type Tokens } from 'flowgate/client'

let kept: Tokens | undefined
const client = createClient({
  baseUrl: 'https://auth.example.org/flowgate',
  username: 'ada',
  password: 'a long pass phrase',
  onTokens: tokens => { kept = tokens }
})

export async function names (): Promise<string[]> {
  try {
    const { data } = await client.GET('/api/v1/users/', { params: { query: { limit: 10 } } })
    return data.users.map(user => user.username)
  } catch (error) {
    if (error instanceof FlowgateError && error.code === 'superuser_required') return []
    throw error
  }
}
export const identityToken = async (): Promise<string> =>
  (await client.exchangeToken({ audience: 'reports' })).accessToken
export const isKept = (): boolean => kept !== undefined
`
}))]

t.test('flowgate/client and flowgate/verify need no package of the server, and have types', async t => {
  const folder = temporaryFolder(t)
  const modules = join(folder, 'node_modules')
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, stdio: 'ignore' })
  const [tarball = ''] = readdirSync(folder).filter(name => name.endsWith('.tgz'))
  mkdirSync(join(modules, 'flowgate'), { recursive: true })
  execFileSync('tar', ['xzf', join(folder, tarball), '-C', join(modules, 'flowgate'), '--strip-components=1'])
  for (const name of ['jose', 'openapi-fetch', 'openapi-typescript-helpers']) {
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')

  const evaluate = (code: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder, encoding: 'utf8', stdio: 'pipe'
    })
  t.match(evaluate("import { createVerifier } from 'flowgate/verify'\n" +
    "createVerifier({ issuer: 'http://127.0.0.1:9', audience: 'x' }).verify('a.b.c').catch(({ code }) => console.log(code))"),
  'invalid_token')
  t.match(evaluate("import { createClient } from 'flowgate/client'\n" +
    "createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'x' }).GET('/health').catch(({ code }) => console.log(code))"),
  'unreachable')
  t.throws(() => evaluate("import 'flowgate/dist/app.js'"), /ERR_PACKAGE_PATH_NOT_EXPORTED/)

  for (const name of ['@types/node', 'undici-types']) {
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true })
  }
  const check = ({ lib, types, text }: typeof PROGRAMS[number], options = {}) => {
    writeFileSync(join(folder, 'program.ts'), text)
    const compilerOptions = {
      strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true,
      target: 'ES2023', module: 'NodeNext', lib, types, ...options
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  }
  for (const program of PROGRAMS) {
    t.equal(check(program).stdout, '', `${program.lib} ${program.types}`)
    t.equal(check(program, { module: 'ESNext', moduleResolution: 'bundler' }).stdout, '', 'with a bundler')
  }
  const [verify, client] = PROGRAMS
  t.match(check({ ...verify, text: verify.text.replace('.username ??', '.userName ??') }).stdout, /userName/)
  t.match(check({ ...client, text: client.text.replace('user.username', 'user.userName') }).stdout, /userName/)
})
