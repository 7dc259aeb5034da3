import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'

const folder = new URL('../../dist/console/', import.meta.url)
const BUDGET = 250 * 1000

t.test('pages are revalidated, assets are cached forever', async t => {
  const { app } = await buildApp(t)
  for (const url of ['/', '/login', '/signup', '/admin', '/flows', '/settings', '/settings/api-keys', '/no-access',
    '/admin/service-accounts', '/admin/api-keys', `/admin/users/${randomUUID()}`]) {
    const { statusCode, headers, body } = await app.inject({ url })
    t.equal(statusCode, 200, url)
    t.match(headers['content-type'], /^text\/html/)
    t.equal(headers['cache-control'], 'no-cache')
    const policy = String(headers['content-security-policy'])
    t.notMatch(policy, /unsafe|\*|http/)
    t.match(policy, /script-src 'self';style-src 'self'/)
    t.notMatch(body, /<script(?![^>]* src=)|<style|style=|onclick/, 'nothing is inline')
  }
  for (const name of readdirSync(new URL('assets/', folder)).filter(name => !/\.(br|gz)$/.test(name))) {
    const { statusCode, headers } = await app.inject({ url: `/assets/${name}` })
    t.equal(statusCode, 200, name)
    t.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    for (const encoding of ['br', 'gzip']) {
      const packed = await app.inject({ url: `/assets/${name}`, headers: { 'accept-encoding': encoding } })
      t.equal(packed.headers['content-encoding'], encoding)
      t.match(packed.headers.vary, /accept-encoding/i)
      t.equal(packed.headers['content-type'], headers['content-type'])
    }
  }
})

t.test('the styles of every Mantine component in use are loaded', async t => {
  const sources = new URL('../../src/console/', import.meta.url)
  const styles = new URL('../../node_modules/@mantine/core/styles/', import.meta.url)
  const loaded = readFileSync(new URL('styles/mantine.ts', sources), 'utf8')
  const files = readdirSync(sources, { recursive: true }).map(String).filter(name => /\.tsx?$/.test(name))
  const used = new Set(files.flatMap(name => {
    const imports = readFileSync(new URL(name, sources), 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)
    return [...imports].flatMap(([, names = '']) => names.split(',').map(each => each.replace('type ', '').trim()))
  }))
  t.ok(used.has('Button'))
  const styled = [...used].filter(name => existsSync(new URL(`${name}.css`, styles)))
  t.strictSame(styled.filter(name => !loaded.includes(`/${name}.css'`)), [])
})

t.test('paths that are no pages are not found', async t => {
  const { app } = await buildApp(t)
  for (const url of ['/api/v1/nothing', '/api/nothing', '/assets/nothing.js', '/nothing', '/assets/../index.html',
    '/assets/..%2f..%2fcli.js', '/assets/%2e%2e/%2e%2e/package.json', '/index.html', '/assets/', '/assets/.%00']) {
    const { statusCode, headers, body } = await app.inject({ url })
    t.ok([400, 403, 404].includes(statusCode), `${url} answered ${statusCode}`)
    t.match(headers['content-type'], /^application\/json/)
    t.match(JSON.parse(body), { detail: String, code: String })
    t.notMatch(String(headers['cache-control']), /immutable/)
  }
})

t.test('no source map and no source is published', t => {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  t.strictSame(names.filter(name => /\.(map|tsx?)$/.test(name)), [])
  const size = names.map(name => statSync(new URL(name, folder))).reduce((sum, { size }) => sum + size, 0)
  t.ok(size < 3_000_000, `${size} bytes in all`)
  t.end()
})

t.test('the first page is small, and usable within a second', needsChromium, async t => {
  const { visitor, trouble } = await openConsole(t)
  const { tab } = await visitor()
  await (await tab('/login')).close()
  const page = await (await visitor()).tab('about:blank')
  const paths: string[] = []
  page.on('response', response => { paths.push(new URL(response.url()).pathname) })
  const start = Date.now()
  await page.goto('/login')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  const ms = Date.now() - start
  const files = ['index.html', ...paths.filter(path => path.startsWith('/assets/')).map(path => path.slice(1))]
  const sizes = (pack: (name: string) => number) => files.reduce((sum, name) => sum + pack(name), 0)
  const gzip = sizes(name => gzipSync(readFileSync(new URL(name, folder))).length)
  t.ok(gzip < BUDGET, `${gzip} bytes, compressed by gzip`)
  const transferred = await page.evaluate(`performance.getEntriesByType('resource')
    .filter(entry => entry.name.includes('/assets/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)`)
  t.ok(Number(transferred) < BUDGET, 'and so is what the browser receives')
  t.ok(ms < 3000, 'with room for a busy machine')
  t.comment(`measured: first page ${files.length} files, ${gzip} bytes by gzip, ${transferred} transferred; shown in ${ms} ms`)
  t.strictSame(trouble, [])
})

t.test('failures are not cached, whatever the route allows for successes', async t => {
  const { app } = await buildApp(t)
  const name = readdirSync(new URL('assets/', folder)).find(name => name.endsWith('.js')) ?? ''
  const asset = `/assets/${name}`
  const failing: Array<[string, string, Record<string, string>]> = [
    ['GET', asset, { range: 'bytes=999999999-' }],
    ['GET', asset, { range: 'bytes=999999999-', 'accept-encoding': 'br' }],
    ['HEAD', asset, { range: 'bytes=999999999-' }],
    ['GET', asset, { 'if-match': '"another"' }],
    ['GET', asset, { 'if-match': '"another"', 'accept-encoding': 'gzip' }],
    ['GET', asset, { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    ['GET', '/login', { 'if-match': '"another"' }],
    ['GET', '/', { range: 'bytes=999999999-' }],
    ['GET', '/assets/missing-0123.js', {}],
    ['GET', '/assets/', {}],
    ['GET', '/assets/.%00', {}],
    ['GET', `/assets/${'x'.repeat(300)}`, {}],
    ['POST', asset, {}],
    ['GET', '/docs/static/missing.js', {}],
    ['GET', '/docs/static/swagger-ui.css', { range: 'bytes=999999999-' }]
  ]
  for (const [method, url, headers] of failing) {
    const answer = await app.inject({ method: method as 'GET', url, headers })
    const title = `${method} ${url.slice(0, 40)} ${JSON.stringify(headers)}: ${answer.statusCode}`
    t.ok(answer.statusCode >= 400 && answer.statusCode < 500, title)
    t.equal(answer.headers['cache-control'], 'no-store', title)
  }
  const part = await app.inject({ url: asset, headers: { range: 'bytes=0-9' } })
  t.match([part.statusCode, part.headers['cache-control']], [206, /immutable/], 'a valid range is cached')
})
