import { readFileSync } from 'node:fs'
import t from 'tap'
import { envExample, settingsDocument } from '../../scripts/env-example.ts'
import { loadConfig, settings } from '../../src/config.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

t.test('.env.example and docs/settings.md list exactly the existing settings', async t => {
  t.equal(read('.env.example'), envExample(), '.env.example is up to date: npm run env-example')
  t.equal(read('docs/settings.md'), settingsDocument(), 'docs/settings.md is up to date: npm run env-example')
  const named = [...read('.env.example').matchAll(/^#([A-Z]\w+)=/gm)].map(([, name]) => name)
  t.strictSame(named, settings.map(({ name }) => name))
})

t.test('every setting has a description; no secret but the first password has a default', async t => {
  for (const { name, description, group, secret, default: value } of settings) {
    t.ok(description.length > 10 && group, name)
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0)
    if (secret && name !== 'LANGFLOW_SUPERUSER_PASSWORD') t.ok(isEmpty, `${name} has no default`)
  }
})

t.test('the example file is valid, also with every line uncommented', async t => {
  const values = Object.fromEntries(settings.flatMap(({ name, default: value, secret }) =>
    secret || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : String(value)]]))
  t.match(loadConfig([{ label: 'example', values }]), { port: 7860 })
})

t.test('settings named in documents exist', async t => {
  const known = new Set(settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name]))
  for (const path of ['README.md', 'docs/errors.md']) {
    for (const [name] of read(path).matchAll(/LANGFLOW_[A-Z_]+[A-Z]/g)) t.ok(known.has(name), `${path}: ${name}`)
  }
})
