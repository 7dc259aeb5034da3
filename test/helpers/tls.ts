import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { temporaryFolder } from './cli.ts'
import { runNginx } from './nginx.ts'

/** A self-signed certificate, created for one test. */
export function makeCertificate (t: Test, names = 'IP:127.0.0.1'): { cert: string, key: string } {
  const folder = temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=flowgate', '-addext', `subjectAltName=${names}`
  ], { stdio: 'ignore' })
  return { cert, key }
}

/** Starts nginx as a TLS proxy for a server. @returns its URL */
export async function startNginx (t: Test, upstream: string, { cert, key }: { cert: string, key: string }) {
  const port = await freePort()
  await runNginx(t, port, `
    listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / {
      proxy_pass ${upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }`)
  return `https://127.0.0.1:${port}`
}
