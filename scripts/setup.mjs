// Brings a checkout to where it can run: installs, generates, builds, each only when its inputs changed.
// Runs before anything is installed, so: Node's own modules and plain JavaScript only.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireNode } from '../bin/node-version.mjs'

requireNode()
const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

/** Every file below the paths, in a stable order. */
function filesBelow (paths) {
  return paths.flatMap(path => statSync(path).isDirectory()
    ? filesBelow(readdirSync(path).sort().map(name => join(path, name)))
    : [path])
}

/** What lies directly in a folder, but for one name. */
function inside (folder, { except }) {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter(name => name !== except).sort().map(name => join(folder, name))
}

function fingerprint (paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of filesBelow(paths.filter(existsSync))) hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

function run (command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env }, shell: process.platform === 'win32'
  })
  if (error || status !== 0) {
    console.error(`flowgate: \`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
}

/** Does a step unless its inputs are those of the last time and its output is there. */
function step (name, inputs, output, work) {
  const stamp = join('node_modules', '.flowgate', name)
  const now = fingerprint(inputs)
  const isDone = existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now
  if (isDone) return
  console.error(`flowgate: ${name} …`)
  work()
  mkdirSync(join('node_modules', '.flowgate'), { recursive: true })
  writeFileSync(stamp, now)
}

const wants = new Set(process.argv.slice(2))

step('install', ['package.json', 'package-lock.json'], 'node_modules', () => {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
})
step('generate', ['prisma/schema.prisma', 'package-lock.json'], 'src/generated/prisma', () => {
  // Prisma would download an engine that `generate` never starts; any executable stands in for it.
  const prisma = join('node_modules', 'prisma', 'build', 'index.js')
  run(process.execPath, [prisma, 'generate'], {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1'
  })
})
step('build', [...inside('src', { except: 'console' }), 'tsconfig.json', 'package-lock.json'], 'dist/cli.js', () => {
  for (const path of inside('dist', { except: 'console' })) rmSync(path, { recursive: true })
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')])
})
const sources = inside('src/console', { except: 'generated' })
step('console', [...sources, 'src/policy', 'openapi.yaml', 'package-lock.json'], 'dist/console/index.html', () => {
  run(process.execPath, [join('node_modules', 'openapi-typescript', 'bin', 'cli.js'), 'openapi.yaml',
    '--output', 'src/console/generated/api.ts'], { NODE_NO_WARNINGS: '1' })
  run(process.execPath, [join('node_modules', 'vite', 'bin', 'vite.js'), 'build',
    '--config', 'src/console/vite/config.ts', '--logLevel', 'warn'])
})
if (wants.has('--test')) {
  step('test tools', ['package-lock.json'], '.tap/plugins', () => {
    run(process.execPath, [join('node_modules', 'tap', 'dist', 'esm', 'run.mjs'), 'build'])
  })
}
