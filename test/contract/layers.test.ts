import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** The layers that each layer may import; `type X` allows only type imports. */
const ALLOWED: Record<string, string[]> = {
  crypto: [],
  errors: [],
  json: ['errors'],
  policy: ['crypto'],
  openapi: ['errors', 'policy', 'presenters'],
  version: [],
  config: ['crypto', 'errors', 'system', 'policy'],
  system: ['errors'],
  'secret-key-file': ['crypto', 'errors', 'system', 'type config'],
  observability: ['errors'],
  generated: [],
  client: ['type generated'],
  verify: [],
  db: ['errors', 'system', 'generated', 'policy'],
  migrate: ['db', 'errors'],
  composition: ['config', 'crypto', 'db', 'services', 'type policy'],
  services: ['crypto', 'errors', 'json', 'db', 'policy', 'services', 'type generated'],
  schemas: ['errors', 'policy', 'type services'],
  presenters: ['crypto', 'json', 'policy', 'schemas', 'type services', 'type db'],
  plugins: ['crypto', 'errors', 'system', 'json', 'policy', 'config', 'db', 'migrate', 'secret-key-file', 'services',
    'composition', 'openapi', 'observability', 'plugins'],
  routes: ['presenters', 'schemas', 'version'],
  app: ['plugins', 'policy', 'routes', 'system', 'version', 'type config', 'type db'],
  server: ['app', 'errors', 'system', 'tls', 'version', 'type config'],
  cli: ['config', 'db', 'crypto', 'policy', 'errors', 'migrate', 'secret-key-file', 'composition',
    'services', 'server', 'app', 'version', 'system', 'presenters']
}

/** The folders of `services` that each folder may import. Dependencies between domains have one direction. */
const DOMAINS: Record<string, string[]> = {
  upkeep: [],
  audit: ['upkeep'],
  access: ['audit', 'upkeep'],
  secrets: ['access', 'audit', 'upkeep'],
  content: ['access', 'audit', 'upkeep'],
  credentials: ['secrets', 'access', 'audit', 'upkeep'],
  'sign-in': ['access', 'audit', 'upkeep'],
  tokens: ['sign-in', 'credentials', 'secrets', 'access', 'audit', 'upkeep'],
  apps: ['tokens', 'credentials', 'access', 'audit', 'upkeep'],
  accounts: ['sign-in', 'content', 'access', 'audit', 'upkeep']
}

/** Maximum number of files in a folder. */
const FOLDER_FILES_MAX = 12

const filesBelow = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)])
const files = filesBelow(source).filter(path =>
  /\.tsx?$/.test(path) && !/\.d\.ts$|^generated\/|\/generated\/|^console\//.test(relative(source, path)))

const layerOf = (path: string) => (relative(source, path).split('/')[0] ?? '').replace(/\.ts$/, '')
const importLine = /^(?:import|export)\s(?:(type)\s)?[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gm

/** `./x.ts` beside `x/` is the entry point of that layer. */
function importsOf (path: string) {
  return [...readFileSync(path, 'utf8').matchAll(importLine)].map(([, type, from, dynamic]) => ({
    isType: type !== undefined, target: resolve(path, '..', from ?? dynamic ?? '')
  }))
}

t.test('layers import only the layers that they may import', async t => {
  let seen = 0
  for (const path of files) {
    const layer = layerOf(path)
    const allowed = ALLOWED[layer]
    t.ok(allowed, `${relative(source, path)} is in a layer of the table`)
    for (const { isType, target } of importsOf(path)) {
      const other = layerOf(target)
      seen++
      if (other === layer || allowed?.includes(other) || (isType && allowed?.includes(`type ${other}`))) continue
      t.fail(`${relative(source, path)} imports ${relative(source, target)}${isType ? ' (type)' : ''}`)
    }
  }
  t.ok(seen > 100, `${seen} imports were checked`)
})

t.test('domains of the services import only domains below them', async t => {
  const domainOf = (path: string) => /^services\/([^/]+)\//.exec(relative(source, path))?.[1]
  for (const path of files.filter(path => relative(source, path).startsWith('services/'))) {
    const domain = domainOf(path)
    const allowed = domain === undefined ? undefined : DOMAINS[domain]
    t.ok(allowed, `${relative(source, path)} is in a domain of the table`)
    for (const { target } of importsOf(path)) {
      const other = domainOf(target)
      if (other === undefined || other === domain || allowed?.includes(other)) continue
      t.fail(`${relative(source, path)} imports ${relative(source, target)}`)
    }
  }
})

t.test('no folder has too many files', async t => {
  const counts = new Map<string, number>()
  const all = filesBelow(source).filter(path => /\.tsx?$/.test(path) && !/(^|\/)generated\//.test(relative(source, path)))
  for (const path of all) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  const crowded = [...counts].filter(([, count]) => count > FOLDER_FILES_MAX)
  t.strictSame(crowded.map(([folder, count]) => `${relative(source, folder)}: ${count} files`), [])
})

t.test('files have no import cycle, including type imports', async t => {
  const graph = new Map(files.map(path =>
    [path, importsOf(path).map(({ target }) => target)]))
  const done = new Set<string>()
  const visit = (path: string, trail: string[]): void => {
    if (trail.includes(path)) t.fail([...trail, path].map(step => relative(source, step)).join(' > '))
    if (trail.includes(path) || done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of files) visit(path, [])
  t.ok(done.size >= files.length)
})

t.test('only entry points read the environment', async t => {
  const readers = files.filter(path => /process\.env/.test(readFileSync(path, 'utf8')))
  t.strictSame(readers.map(path => relative(source, path)), ['cli.ts'])
})

t.test('each package is imported in one place', async t => {
  const keepers: Record<string, RegExp> = {
    "from 'fernet'": /^crypto\/fernet\.ts$/,
    "from 'argon2'": /^crypto\/passwords\.ts$/,
    'new PrismaClient': /^db\/client\.ts$/,
    "from 'fastify'": /^(app|server)\.ts$|^plugins\/|^types\//,
    RawUnsafe: /^$/
  }
  for (const path of files) {
    const name = relative(source, path)
    for (const [text, keeper] of Object.entries(keepers)) {
      const isUsed = readFileSync(path, 'utf8').split('\n').some(line => line.includes(text) && !/^import type/.test(line))
      if (isUsed) t.match(name, keeper, `${name} uses ${text}`)
    }
  }
})

t.test('client address, scheme and host of a request are read in one place', async t => {
  const raw = [
    /\b(?:request|req|reply\.request|this)\.(?:ip|ips|protocol|host|hostname|port)\b/,
    /\{[^{}()]*\b(?:ip|ips|protocol|host|hostname|port)\b[^{}()]*\}\s*(?:: FastifyRequest|= (?:request|req|reply\.request|this)\b)/,
    /\bremoteAddress\b|x-forwarded|\btrustProxy\b|headers\.(?:host|forwarded)\b/
  ]
  const readers = files.filter(path => /\/(?:app\.ts|plugins|routes)/.test(path))
    .filter(path => {
      const code = readFileSync(path, 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$|'[^'\n]*\s[^'\n]*'/gm, '')
      return raw.some(pattern => pattern.test(code))
    })
  t.strictSame(readers.map(path => relative(source, path)), ['plugins/guard/forwarded.ts'])
})
