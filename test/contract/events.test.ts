import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { securityEvents } from '../../src/services/audit/events.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const document = readFileSync(join(root, 'docs/events.md'), 'utf8')
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !path.startsWith('generated') && path !== 'services/audit/events.ts')
  .map(path => readFileSync(join(root, 'src', path), 'utf8')).join('\n') +
  // The only event that is written in the file of its definition.
  (/event: 'locked'/.exec(readFileSync(join(root, 'src/services/audit/events.ts'), 'utf8'))?.[0] ?? '')

t.test('docs/events.md lists exactly the events that the code writes', async t => {
  const documented = [...document.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  t.strictSame(documented, [...securityEvents])
  for (const event of securityEvents) t.ok(source.includes(`'${event}'`), `${event} is written by the code`)
})
