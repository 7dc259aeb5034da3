// Prepares a checkout: installs the packages, generates the database client, builds the server and the console. Each
// step runs only when its inputs have changed. Without --test, packages that only tests need are not installed.
// Runs before anything is installed: only modules of Node.js and plain JavaScript.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireNode } from '../bin/node-version.mjs'

requireNode()
process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const isForTests = process.argv.includes('--test')
const stamps = join('node_modules', '.flowgate')
const stampOf = name => join(stamps, name.replace(/ /g, '-'))
const inModules = (...names) => join('node_modules', ...names)

/** Every file below the paths, in a stable order. */
function filesBelow (paths) {
  return paths.flatMap(path => statSync(path).isDirectory()
    ? filesBelow(readdirSync(path).sort().map(name => join(path, name)))
    : [path])
}

/** The entries of a folder, without some names. */
function inside (folder, except) {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter(name => !except.includes(name)).sort().map(name => join(folder, name))
}

function fingerprint (paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of filesBelow(paths.filter(existsSync))) hash.update(path).update(readFileSync(path))
  return hash.digest('hex')
}

const manifests = ['package.json', 'package-lock.json', 'scripts/package.json', 'src/console/package.json']

/**
 * `output` must exist for the step to be skipped. `commands` run one after another. A command whose output matches
 * `transient` is run once more.
 */
const steps = [
  {
    name: 'packages',
    inputs: manifests,
    output: 'node_modules',
    // npm removes the folder of a package while another step works in it (npm/cli#694).
    transient: /npm error code ENOENT/,
    commands: () => [
      ['npm', ['ci', isForTests ? '--include=dev' : '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error']]
    ]
  },
  {
    name: 'database client',
    inputs: ['prisma/schema.prisma', 'package-lock.json'],
    output: 'src/generated/prisma',
    commands: () => [[process.execPath, [inModules('prisma', 'build', 'index.js'), 'generate'], {
      // Prisma would download an engine that `generate` does not start. Any executable replaces it.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1'
    }]]
  },
  {
    name: 'types of the API',
    inputs: ['openapi.yaml', 'package-lock.json'],
    output: 'src/generated/api.ts',
    commands: () => [[process.execPath, [inModules('openapi-typescript', 'bin', 'cli.js'), 'openapi.yaml',
      '--output', 'src/generated/api.ts'], { NODE_NO_WARNINGS: '1' }]]
  },
  {
    name: 'server',
    inputs: [...inside('src', ['console', 'generated']), 'prisma/schema.prisma', 'openapi.yaml', 'tsconfig.json',
      'tsconfig.declarations.json', 'package-lock.json'],
    output: 'dist/cli.js',
    commands: () => {
      for (const path of inside('dist', ['console'])) rmSync(path, { recursive: true })
      const tsc = inModules('typescript', 'bin', 'tsc')
      // The second one writes the type declarations of the two libraries of the package.
      return [[process.execPath, [tsc]], [process.execPath, [tsc, '-p', 'tsconfig.declarations.json']]]
    }
  },
  {
    name: 'console',
    inputs: [...inside('src/console', ['generated']), 'src/policy', 'package-lock.json'],
    output: 'dist/console/index.html',
    commands: () => [[process.execPath, [inModules('vite', 'bin', 'vite.js'), 'build',
      '--config', 'src/console/vite/config.ts', '--logLevel', 'warn']]]
  },
  ...isForTests
    ? [{
        name: 'console types',
        inputs: ['openapi.yaml', 'package-lock.json'],
        output: 'src/console/generated/api.ts',
        commands: () => {
          mkdirSync('src/console/generated', { recursive: true })
          copyFileSync('src/generated/api.ts', 'src/console/generated/api.ts')
          return []
        }
      }, {
        name: 'test tools',
        inputs: ['package-lock.json'],
        output: '.tap/plugins',
        commands: () => [[process.execPath, [inModules('tap', 'dist', 'esm', 'run.mjs'), 'build']]]
      }]
    : []
]

/** What a step leaves when it succeeds. Packages for tests serve for running, too. */
const stampsFor = ({ name, inputs }) => {
  const now = fingerprint(inputs)
  if (name !== 'packages') return [now]
  return isForTests ? [`${now} with tests`] : [now, `${now} with tests`]
}

function isDone (step) {
  const stamp = stampOf(step.name)
  return existsSync(step.output) && existsSync(stamp) && stampsFor(step).includes(readFileSync(stamp, 'utf8'))
}

/** Shows the seconds of a step: in place on a terminal, otherwise when it ends. */
function startClock (label) {
  const since = Date.now()
  const seconds = () => `${label} ${Math.round((Date.now() - since) / 1000)} s`
  const show = () => process.stderr.write(`\r${seconds()}`)
  const timer = process.stderr.isTTY ? setInterval(show, 1000) : undefined
  if (timer) process.stderr.write(label)
  return () => {
    clearInterval(timer)
    process.stderr.write(timer ? `\r${seconds()}\n` : `${seconds()}\n`)
  }
}

/** Runs a program without its output, which is shown when it fails. */
function run (command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, shell: process.platform === 'win32'
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { output += chunk })
    child.on('error', error => reject(new Error(`\`${command}\` cannot be started: ${error.message}`)))
    child.on('close', status => {
      if (status === 0) resolve()
      else reject(new Error(`\`${[command, ...args].join(' ')}\` failed:\n\n${output.trim()}`))
    })
  })
}

async function runStep ({ transient }, command) {
  try {
    await run(...command)
  } catch (error) {
    if (!transient?.test(error.message)) throw error
    await run(...command)
  }
}

async function main () {
  const hasPackages = isDone(steps[0])
  // Installing packages removes the stamps of the other steps.
  const pending = hasPackages ? steps.filter(step => !isDone(step)) : steps
  if (pending.length === 0) return
  console.error(hasPackages
    ? 'flowgate: the sources have changed, updating'
    : 'flowgate: setting up this checkout. This takes about a minute, once.')
  for (const [index, step] of pending.entries()) {
    const stop = startClock(`  ${index + 1}/${pending.length} ${step.name}`.padEnd(24))
    const [stamp] = stampsFor(step)
    try {
      for (const command of step.commands()) await runStep(step, command)
    } finally {
      stop()
    }
    mkdirSync(stamps, { recursive: true })
    writeFileSync(stampOf(step.name), stamp)
  }
}

main().catch(error => {
  console.error(`flowgate: ${error.message}\n\nCorrect the cause and run the command again.`)
  process.exit(1)
})
