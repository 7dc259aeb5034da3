import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { nodeProblem } from '../../bin/node-version.mjs'
import { cleanEnv, temporaryFolder } from '../helpers/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/flowgate.mjs')

function run (path: string, args: string[], { cwd, env = {} }: { cwd: string, env?: Record<string, string> }) {
  const { status, stdout, stderr } = spawnSync(path, args, { cwd, encoding: 'utf8', env: { ...cleanEnv, ...env } })
  return { status, stdout, stderr }
}

/** A package with only the bin files. */
function unbuilt (folder: string): string {
  mkdirSync(join(folder, 'package'))
  cpSync(join(root, 'bin'), join(folder, 'package/bin'), { recursive: true })
  return join(folder, 'package')
}

t.test('the command is executable in the repository and after a build', async t => {
  t.equal(statSync(bin).mode & 0o111, 0o111)
  const listed = execFileSync('git', ['ls-files', '--stage', 'bin/flowgate.mjs'], { cwd: root, encoding: 'utf8' })
  t.match(listed, /^100755 /)
  const link = join(temporaryFolder(t), 'flowgate')
  symlinkSync(bin, link)
  for (const path of [bin, link]) t.match(run(path, ['--version'], { cwd: '/' }), { status: 0, stdout: /^\d+\.\d+/ })
})

t.test('options that Node.js also has reach Flowgate', async t => {
  const cwd = temporaryFolder(t)
  const missing = run(bin, ['run', '--env-file', 'missing'], { cwd })
  t.match(missing, { status: 78, stderr: /missing: the settings file does not exist/ })
  t.match(run(bin, ['run', '-e', 'missing'], { cwd }), missing)
  t.match(run(bin, ['run', '--inspect'], { cwd }), { status: 2, stderr: /unknown option '--inspect'/ })
})

t.test('an old Node.js prints one sentence with the remedy, and no stack trace', async t => {
  for (const version of ['v20.19.0', 'v20.20.2', 'v22.0.0', 'v100.1.0']) t.equal(nodeProblem(version), undefined)
  for (const version of ['v20.18.9', 'v18.20.8', 'v9.0.0', 'v0.10.48']) t.match(nodeProblem(version), version)

  const folder = temporaryFolder(t)
  const fake = join(folder, 'fake-version.mjs')
  writeFileSync(fake, "Object.defineProperty(process, 'version', { value: 'v16.20.2' })\n")
  const env = { NODE_OPTIONS: `--import=${fake}` }
  const setup = ['--', join(root, 'scripts/setup.mjs')]
  for (const [path, args] of [[bin, ['--version']], [process.execPath, setup]] as Array<[string, string[]]>) {
    const { status, stdout, stderr } = run(path, args, { cwd: folder, env })
    t.equal(status, 1, path)
    t.equal(stdout, '')
    t.match(stderr, /^flowgate: Node\.js v16\.20\.2 is too old: Flowgate needs 20\.19 or later\. Install .+\n$/)
  }
})

t.test('before the build, a clone is set up, and a damaged package is reported', async t => {
  const home = unbuilt(temporaryFolder(t))
  const command = join(home, 'bin/flowgate.mjs')
  t.match(run(command, ['--help'], { cwd: home }), { status: 1, stdout: '', stderr: /dist\/ is missing.*Install/ })

  mkdirSync(join(home, 'scripts'))
  const setup = `import { mkdirSync, writeFileSync } from 'node:fs'
    console.log('setting up')
    mkdirSync(new URL('../dist', import.meta.url))
    writeFileSync(new URL('../dist/cli.js', import.meta.url), 'console.log(process.argv[2])')`
  writeFileSync(join(home, 'scripts/setup.mjs'), setup)
  t.match(run(command, ['--help'], { cwd: home }), { status: 0, stdout: '--help\n', stderr: 'setting up\n' },
    'standard output contains only the output of the command')
  t.match(run(command, ['--help'], { cwd: home }), { status: 0, stdout: '--help\n', stderr: '' }, 'once')
})
