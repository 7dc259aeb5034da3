import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { buildApp, type TestOptions } from './app.ts'
import { temporaryFolder } from './cli.ts'

/** Public addresses of the tests. Cookies reach the hosts below example.test. */
export const PUBLIC_URL = 'https://auth.example.test'
export const APP = 'https://app.example.test'

/** Writes a file of access rules. */
export function writeRules (t: Test, text: string): string {
  const path = join(temporaryFolder(t), 'access-rules.yaml')
  writeFileSync(path, text)
  return path
}

/** Settings of a server that protects apps. */
export const appsEnv = (path: string) => ({
  LANGFLOW_ACCESS_RULES_FILE: path,
  LANGFLOW_PUBLIC_URL: PUBLIC_URL,
  LANGFLOW_COOKIE_DOMAIN: 'example.test',
  LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
  LANGFLOW_IDENTITY_AUDIENCES: 'langflow'
})

export type Ask = {
  method?: string
  headers?: Record<string, string | string[]>
  cookies?: Record<string, string>
  /** The address under /api/v1/verify. */
  to?: '' | '/nginx' | '/denied'
}

/** The app with access rules. `ask` asks about a URL as a proxy does. */
export async function buildGate (t: Test, rules: string, { env = {}, ...options }: TestOptions = {}) {
  const path = writeRules(t, rules)
  const built = await buildApp(t, { env: { ...appsEnv(path), ...env }, ...options })

  function ask (
    url: string, { method = 'GET', headers = {}, cookies = {}, to = '' }: Ask = {}
  ): Promise<LightMyRequestResponse> {
    // `new URL` would normalize the host and the path.
    const [, scheme = '', host = '', target = ''] = /^(https?):\/\/([^/?]+)(.*)$/.exec(url) ?? []
    const options: InjectOptions = {
      method: 'GET',
      url: `/api/v1/verify${to}`,
      headers: {
        'x-forwarded-method': method,
        'x-forwarded-proto': scheme,
        'x-forwarded-host': host,
        'x-forwarded-uri': target || '/',
        'x-forwarded-for': '203.0.113.7',
        ...headers
      },
      cookies
    }
    return built.app.inject(options)
  }
  return { ...built, ask, path }
}

/** What a browser sends when it opens a page. */
export const navigation = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'user-agent': 'Mozilla/5.0' }
