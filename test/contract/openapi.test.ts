import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { buildApp } from '../helpers/app.ts'

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function * nodes (value: unknown): Generator<Node> {
  if (!isNode(value)) return
  yield value
  for (const member of Object.values(value)) yield * nodes(member)
}

t.test('openapi.yaml matches the routes and the document that the server returns', async t => {
  const { app } = await buildApp(t)
  const file: Node = parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'))
  t.strictSame(file, JSON.parse(JSON.stringify(app.swagger())), 'up to date: npm run openapi')
  const served = await app.inject({ url: '/openapi.json' })
  t.equal(served.statusCode, 200)
  t.strictSame(served.json(), file)
  const page = await app.inject({ url: '/docs/' })
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /html/)
  const hosts = [...page.body.matchAll(/(?:src|href)="(https?:[^"]+)"/g)]
  t.strictSame(hosts, [], 'the pages send no requests to other hosts')
})

t.test('every reference has a target', async t => {
  const { app } = await buildApp(t)
  const document = JSON.parse(JSON.stringify(app.swagger()))
  for (const node of nodes(document)) {
    const { $ref: reference } = node
    if (typeof reference !== 'string') continue
    const target = reference.replace('#/', '').split('/')
      .reduce<unknown>((at, step) => isNode(at) ? at[step] : undefined, document)
    t.ok(target, reference)
  }
})
