import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { startServer } from '../helpers/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program to its end; fails the test with what it said. */
function run (t: Test, command: string, args: string[], { cwd = root, env = {} } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd, encoding: 'utf8', env: { ...process.env, ...env, NODE_OPTIONS: '' }, timeout: 240_000
  })
  t.equal(status, 0, `${command} ${args.slice(0, 3).join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`)
  return stdout
}

const generate = (t: Test, language: string, out: string, env = {}) =>
  run(t, join(root, 'scripts/clients.sh'), [language, out], { env })

t.test('the TypeScript client is generated, fits its types, and works', { timeout: 300_000 }, async t => {
  const folder = temporaryFolder(t)
  generate(t, 'typescript', folder)
  cpSync(join(root, 'test/clients/script.ts'), join(folder, 'script.ts'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    target: 'ES2023',
    module: 'NodeNext',
    types: ['node'],
    allowImportingTsExtensions: true,
    skipLibCheck: false
  }
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['script.ts'] }))
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]
  run(t, process.execPath, tsc)

  const { url } = await startServer(t)
  const script = ['--import', join(root, 'node_modules/tsx/dist/esm/index.mjs'), 'script.ts']
  const said = run(t, process.execPath, [...script, url, ADMIN.username, ADMIN.password], { cwd: folder })
  t.match(said, 'all as expected')

  const wrong = readFileSync(join(folder, 'script.ts'), 'utf8').replace('changed.data?.is_active',
    'changed.data?.isActive')
  writeFileSync(join(folder, 'script.ts'), wrong)
  t.not(spawnSync(process.execPath, tsc).status, 0, 'a member that is not there does not pass')
})

const GENERATOR = 'openapi-python-client==0.29.1'
const CHECKER = 'mypy==2.4.1'

t.test('the Python client is generated, fits its types, and works', { timeout: 500_000 }, async t => {
  const folder = temporaryFolder(t)
  const venv = join(folder, 'venv')
  const made = spawnSync('python3', ['-m', 'venv', venv], { encoding: 'utf8' })
  const installed = made.status === 0
    ? spawnSync(join(venv, 'bin/python'), [
      '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', GENERATOR, CHECKER
    ], { encoding: 'utf8' })
    : made
  if (installed.status !== 0) {
    const reason = `python3 -m venv or pip install failed: ${installed.error?.message ?? installed.stderr}`
    console.error(`the Python client was not tested. ${reason}`)
    t.fail(reason, process.env['CI'] ? {} : { skip: reason })
    return
  }
  const out = join(folder, 'client')
  mkdirSync(out)
  generate(t, 'python', out, { PATH: `${join(venv, 'bin')}:${process.env['PATH']}` })
  cpSync(join(root, 'test/clients/script.py'), join(out, 'script.py'))
  const mypy = ['-m', 'mypy', 'flowgate_client', 'script.py']
  run(t, join(venv, 'bin/python'), mypy, { cwd: out })

  const { url } = await startServer(t)
  const said = run(t, join(venv, 'bin/python'), ['script.py', url, ADMIN.username, ADMIN.password], { cwd: out })
  t.match(said, 'all as expected')

  const wrong = readFileSync(join(out, 'script.py'), 'utf8').replace('changed.is_active', 'changed.isActive')
  writeFileSync(join(out, 'script.py'), wrong)
  t.not(spawnSync(join(venv, 'bin/python'), mypy, { cwd: out }).status, 0, 'a member that is not there does not pass')
})

const JAR = { artifact: 'org.openapitools:openapi-generator-cli:7.25.0', file: 'openapi-generator-cli-7.25.0.jar' }
const isInstalled = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const missing = (...commands: string[]) => {
  const absent = commands.filter(command => !isInstalled(command))
  return absent.length > 0 && `not installed: ${absent.join(', ')}`
}

/** Downloads the jar of openapi-generator with Maven, which caches it. */
function generatorJar (t: Test): string {
  const folder = temporaryFolder(t)
  run(t, 'mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${JAR.artifact}`, `-DoutputDirectory=${folder}`])
  return join(folder, JAR.file)
}

t.test('the Java client is generated, compiles, and works', {
  timeout: 300_000, skip: missing('java', 'javac', 'mvn')
}, async t => {
  const folder = temporaryFolder(t)
  generate(t, 'java', folder, { OPENAPI_GENERATOR_JAR: generatorJar(t) })
  cpSync(join(root, 'test/clients/Script.java'), join(folder, 'src/main/java/Script.java'))
  const path = join(folder, 'classpath.txt')
  run(t, 'mvn', [
    '-q', '-B', '-Dmaven.test.skip=true', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${path}`
  ], { cwd: folder })
  const { url } = await startServer(t)
  const classpath = `${join(folder, 'target/classes')}:${readFileSync(path, 'utf8')}`
  const said = run(t, 'java', ['-cp', classpath, 'Script', url, ADMIN.username, ADMIN.password], { cwd: folder })
  t.match(said, 'all as expected')
})

t.test('the Go client is generated, compiles, and works', {
  timeout: 300_000, skip: missing('java', 'mvn', 'go')
}, async t => {
  const folder = temporaryFolder(t)
  generate(t, 'go', folder, { OPENAPI_GENERATOR_JAR: generatorJar(t) })
  rmSync(join(folder, 'test'), { recursive: true }) // tests of the generator, with dependencies of their own
  mkdirSync(join(folder, 'script'))
  cpSync(join(root, 'test/clients/script.go'), join(folder, 'script/main.go'))
  run(t, 'go', ['mod', 'tidy'], { cwd: folder })
  run(t, 'go', ['build', '-o', 'program', './script'], { cwd: folder })
  const { url } = await startServer(t)
  t.match(run(t, join(folder, 'program'), [url, ADMIN.username, ADMIN.password], { cwd: folder }), 'all as expected')
})

t.test('clients.sh says what it wants', t => {
  const script = join(root, 'scripts/clients.sh')
  t.match(spawnSync(script, [], { encoding: 'utf8' }), { status: 2, stderr: /typescript, python, java or go/ })
  t.match(spawnSync(script, ['cobol', '/nowhere'], { encoding: 'utf8' }), { status: 2, stderr: /no generator for cobol/ })
  t.match(spawnSync(script, ['java', '/nowhere'], { encoding: 'utf8', env: { PATH: process.env['PATH'] } }), {
    status: 2, stderr: /OPENAPI_GENERATOR_JAR/
  })
  t.end()
})
