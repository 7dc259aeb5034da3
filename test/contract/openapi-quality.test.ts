import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { failureKinds } from '../../src/errors.ts'
import { needsChromium } from '../helpers/browser.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { openConsole } from '../helpers/console.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = () => parse(readFileSync(join(root, 'openapi.yaml'), 'utf8'))
const document = read()

/** Runs Redocly's linter offline. */
function lint (path: string) {
  const redocly = join(root, 'node_modules/@redocly/cli/bin/cli.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    redocly, 'lint', path, '--config', join(root, 'test/contract/redocly.yaml'), '--format=stylish'
  ], {
    encoding: 'utf8', env: {
      PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true'
    }
  })
  return { status, text: stdout + stderr }
}

t.test('Redocly reports no problem, and reports a planted one', async t => {
  const { status, text } = lint(join(root, 'openapi.yaml'))
  t.equal(status, 0, text)
  t.notMatch(text, /\b(error|warning)\b +[a-z]+-/)
  const broken = read()
  delete broken.paths['/health'].get.security
  broken.components.schemas.User.examples = [{ id: 1 }]
  const path = join(temporaryFolder(t), 'openapi.yaml')
  writeFileSync(path, stringify(broken))
  const complaints = lint(path)
  t.equal(complaints.status, 1)
  for (const rule of ['security-defined', 'no-invalid-schema-examples']) t.match(complaints.text, rule)
})

t.test('every named schema has an example, and every example is valid', async t => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  for (const name of ['storable', 'binary']) ajv.addFormat(name, true)
  ajv.addSchema(document, 'openapi')
  for (const [name, schema] of Object.entries<{ examples?: unknown[] }>(document.components.schemas)) {
    const [example] = schema.examples ?? []
    t.not(example, undefined, `${name} has an example`)
    const check = ajv.compile({ $ref: `openapi#/components/schemas/${name}` })
    t.ok(check(example), `${name}: ${ajv.errorsText(check.errors)}`)
  }
  for (const [name, { content }] of Object.entries<{
    content: Record<string,
    { example: unknown }>
  }>(document.components.responses)) {
    const check = ajv.compile({ $ref: 'openapi#/components/schemas/Failure' })
    const { example } = content['application/json'] ?? {}
    t.ok(check(example), `${name}: ${ajv.errorsText(check.errors)}`)
    t.equal(failureKinds.get((example as { code: string }).code)?.status, Number(name.replace('Failure', '')), name)
  }
})

t.test('the error codes are those of errors.ts, and every tag and response is described', async t => {
  t.strictSame(document.components.schemas.ErrorCode.enum, [...failureKinds.keys()])
  const used = new Set<string>()
  const ids = new Set<string>()
  for (const [path, operations] of Object.entries<Record<string, any>>(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const at = `${method} ${path}`
      t.notOk(ids.has(operation.operationId), `${at}: its operationId is its own`)
      ids.add(operation.operationId)
      for (const tag of operation.tags) used.add(tag)
      t.ok(operation.summary && operation.security, `${at} has a summary and names its credentials`)
      for (const [status, response] of Object.entries<Record<string, string>>(operation.responses)) {
        t.ok(response['$ref'] || (response['description'] && response['description'] !== 'Default Response'), `${at} ${status}`)
      }
    }
  }
  t.strictSame(document.tags.map(({ name }: { name: string }) => name).sort(), [...used].sort())
})

t.test('/docs sends requests only to its own server', needsChromium, async t => {
  const { visitor, trouble } = await openConsole(t)
  const { tab } = await visitor()
  const page = await tab('/docs')
  await page.getByText('Sign in with username and password').first().waitFor()
  await page.getByText('Long-lived credentials for programs').first().waitFor()
  // The policy blocks an inline style of Swagger UI that the page does not need.
  t.strictSame(trouble.filter(line => !/inline/.test(line)), [])
})
