import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { ADMIN, PASSWORD } from '../app.ts'
import { temporaryFolder } from '../cli.ts'
import { bearer, send, signIn } from '../http.ts'
import { startServer } from '../server.ts'

export const PUBLIC_URL = 'https://auth.example.org'
export const AUDIENCE = 'reports'

/** The first rules are for another app, at another host or port, that is open to all. */
const RULES = `
rules:
  - hosts: ["open.example.org:*", "app.example.org:1"]
    allow: anyone
  - hosts: "app.example.org:*"
    paths: [/public/*]
    allow: anyone
  - hosts: "app.example.org:*"
    paths: [/cors/*]
    methods: [OPTIONS]
    allow: anyone
  - hosts: "app.example.org:*"
    paths: [/admin, /admin/*]
    allow: superusers
  - hosts: "app.example.org:*"
    paths: [/token/*]
    allow: signed-in
    audience: ${AUDIENCE}
  - hosts: "app.example.org:*"
    allow: signed-in
`

/** A server with access rules, and the credentials of ada, of žofie and of a superuser. */
export async function startScene (t: Test) {
  const file = join(temporaryFolder(t), 'access.yaml')
  writeFileSync(file, RULES)
  const server = await startServer(t, {
    env: {
      LANGFLOW_PUBLIC_URL: PUBLIC_URL, LANGFLOW_COOKIE_DOMAIN: 'example.org', LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
      LANGFLOW_ACCESS_RULES_FILE: file, LANGFLOW_IDENTITY_AUDIENCES: AUDIENCE, LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: '100'
    }
  })
  const { url } = server
  /** Creates a user. @returns the ID and a session */
  const createUser = async (username: string): Promise<{ id: string, access_token: string }> => {
    const { json } = await send(url, '/users/', { method: 'POST', body: { username, password: PASSWORD } })
    return { id: json.id, ...await signIn(url, username) }
  }
  const session = await createUser('ada')
  const createKey = async (restrictions: Record<string, unknown> = {}): Promise<{ id: string, api_key: string }> => {
    const body = { name: 'git', ...restrictions }
    const { json } = await send(url, '/api_key/', { method: 'POST', body, headers: bearer(session) })
    return json
  }
  const [key, boss, zofie] = [await createKey(), await signIn(url, ADMIN.username), await createUser('žofie')]
  return {
    server, url, port: Number(new URL(url).port), session, key, boss, zofie, createKey, createUser,
    signIn: () => signIn(url, 'ada')
  }
}

export type Scene = Awaited<ReturnType<typeof startScene>>
