import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv } from '../helpers/cli.ts'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'

const examples = fileURLToPath(new URL('../../docs/examples/node', import.meta.url))
const issuer = await startIssuer(t, [await createSigningKey()])
const authorization = `Bearer ${await issuer.sign({ claims: { scope: 'reports:read', access: 'editor' } })}`
const withoutScope = `Bearer ${await issuer.sign({ claims: { scope: 'flows:read' } })}`

for (const name of ['fastify.mjs', 'express.mjs']) {
  t.test(`the service in docs/examples/node/${name} accepts and refuses as it says`, async t => {
    const child = spawn(process.execPath, [join(examples, name)], {
      env: { ...cleanEnv, PORT: '0', FLOWGATE_ISSUER: issuer.url, FLOWGATE_AUDIENCE: 'reports' },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(child, 'close')
    t.teardown(() => { child.kill(); return ended })
    const [url] = await once(createInterface(child.stdout), 'line')
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(url + path, { headers })
      const challenge = response.headers.get('www-authenticate')
      return { status: response.status, challenge, body: await response.json() }
    }
    t.match(await get('/health'), { status: 200 })
    t.match(await get('/me', { authorization }), { status: 200, body: { username: 'ada', accountId: /./ } })
    t.match(await get('/me'), { status: 401, challenge: 'Bearer', body: { code: 'missing_token' } })
    t.match(await get('/reports', { authorization }), { status: 200 })
    t.match(await get('/reports', { authorization: withoutScope }), { status: 403, challenge: /scope="reports:read"/ })
    t.match(await get('/settings', { authorization }), { status: 403, body: { code: 'insufficient_access' } })
  })
}
