import { readFileSync } from 'node:fs'
import t from 'tap'

/** Peer dependencies of packages that the build needs. */
const PEERS = new Set(['@types/react', '@types/react-dom', 'tsx'])

type Versions = Record<string, unknown>
const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))

/** Versions below these have known vulnerabilities. */
const LEAST: Record<string, [number, number, number]> = {
  fastify: [5, 8, 5], '@fastify/static': [9, 1, 1], 'fast-jwt': [6, 2, 0], 'crypto-js': [4, 2, 0]
}

function * pinned (versions: Versions): Generator<[string, string]> {
  for (const [name, version] of Object.entries(versions)) {
    if (typeof version === 'object' && version !== null) yield * pinned(version as Versions) // an override
    else yield [name, String(version)]
  }
}

t.test('every package has an exact version and a hash, and none has a known vulnerability', async t => {
  const { workspaces } = read('package.json')
  for (const path of ['.', ...workspaces]) {
    const { dependencies, devDependencies, overrides = {} } = read(`${path}/package.json`)
    for (const [name, version] of pinned({ ...dependencies, ...devDependencies, overrides })) {
      t.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
    }
  }
  const { packages } = read('package-lock.json')
  for (const [name, least] of Object.entries(LEAST)) {
    const found = Object.keys(packages).filter(path => path.endsWith(`node_modules/${name}`))
    t.ok(found.length > 0, name)
    for (const path of found) {
      const numbers = String(packages[path].version).split('.').map(Number)
      const first = numbers.findIndex((n, at) => n !== least[at])
      t.ok(first === -1 || (numbers[first] ?? 0) > (least[first] ?? 0), `${path} ${numbers.join('.')}`)
    }
  }
  for (const [path, { integrity, link, resolved }] of Object.entries<Versions>(packages)) {
    if (path !== '' && !link && resolved !== undefined && !integrity) t.fail(`${path} has no hash`)
  }
})

t.test('npm start installs no package that only tests need', async t => {
  const { devDependencies } = read('package.json')
  const { packages } = read('package-lock.json')
  for (const name of Object.keys(devDependencies)) {
    t.ok(packages[`node_modules/${name}`].dev || PEERS.has(name), `${name} is not needed to build or run`)
  }
  const installed = Object.values<Versions>(packages).filter(({ dev, link }) => !dev && !link).length
  t.ok(installed < 480, `${installed} packages, those of other platforms included`)
})
