import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'dotenv'
import type { Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { ADMIN } from './app.ts'
import { openBrowser } from './browser.ts'
import { createPostgres } from './database.ts'
import { startLangflow } from './langflow.ts'
import { runNginxSite } from './nginx.ts'
import { startServer } from './server.ts'
import { makeCertificate } from './tls.ts'

const folder = fileURLToPath(new URL('../../deploy/langflow/', import.meta.url))
const read = (name: string) => readFileSync(folder + name, 'utf8')

/** The site of deploy/langflow/nginx.conf with other addresses, ports and paths. Each of them occurs in the file. */
export function siteOf (replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nginx.conf does not contain ${from}`)
    return text.replaceAll(from, to)
  }, read('nginx.conf'))
}

const run = promisify(execFile)

/** Starts PostgreSQL's database, Flowgate, Langflow and nginx with the files of deploy/langflow. */
export async function startDeployment (t: Test) {
  const { url: databaseUrl, drop } = await createPostgres()
  t.teardown(drop)
  const ports = {
    flowgate: await freePort(), langflow: await freePort(), http: await freePort(), https: await freePort()
  }
  await startServer(t, {
    env: {
      ...parse(read('flowgate.env')),
      LANGFLOW_PORT: String(ports.flowgate),
      LANGFLOW_DATABASE_URL: databaseUrl,
      LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
      LANGFLOW_ACCESS_RULES_FILE: `${folder}access-rules.yaml`,
      LANGFLOW_SUPERUSER: ADMIN.username
    },
    url: `http://127.0.0.1:${ports.flowgate}`
  })
  const { cert, key } = makeCertificate(t, 'DNS:*.example.org')
  await runNginxSite(t, ports.http, siteOf({
    'server flowgate:7860': `server 127.0.0.1:${ports.flowgate}`,
    'server langflow:7860': `server 127.0.0.1:${ports.langflow}`,
    'listen 80;': `listen 127.0.0.1:${ports.http};`,
    'listen 443 ssl': `listen 127.0.0.1:${ports.https} ssl`,
    '/etc/ssl/certs/example.org.pem': cert,
    '/etc/ssl/private/example.org.key': key,
    '/etc/nginx/flowgate.js': `${folder}flowgate.js`,
    '/etc/nginx/flowgate-': `${folder}../forward-auth/flowgate-`
  }))
  const settings = parse(read('langflow.env'))
  const operator = { username: settings['LANGFLOW_SUPERUSER'] ?? '', password: 'a pass phrase of Langflow' }
  await startLangflow(t, ports.langflow, {
    ...settings,
    // Langflow accepts http on the loopback interface.
    LANGFLOW_EXTERNAL_AUTH_JWKS_URL: `http://127.0.0.1:${ports.flowgate}/.well-known/jwks.json`,
    LANGFLOW_SUPERUSER_PASSWORD: operator.password
  })

  /** Runs curl. @param address with one of the two names, without `https://` */
  async function curl (address: string, ...args: string[]) {
    const { stdout } = await run('curl', [
      '--silent', '--cacert', cert, '--connect-to', `::127.0.0.1:${ports.https}`,
      '--write-out', '\n%{http_code} %{redirect_url}', ...args, `https://${address}`
    ], { maxBuffer: 2 ** 26 })
    const end = stdout.lastIndexOf('\n')
    const [status = '', location = ''] = stdout.slice(end + 1).split(' ')
    return { status: Number(status), location, body: stdout.slice(0, end) }
  }

  return {
    ports,
    /** The content of langflow.env. */
    settings,
    /** Langflow's own superuser. */
    operator,
    curl,
    /** Chromium that finds the two names at this nginx, and no other name. */
    openBrowser: () => openBrowser(t, [
      `--host-resolver-rules=MAP *.example.org:443 127.0.0.1:${ports.https}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`
    ])
  }
}

export type Deployment = Awaited<ReturnType<typeof startDeployment>>
