import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { temporaryFolder } from './cli.ts'

/** A self-signed certificate for 127.0.0.1, created for one test. */
export function makeCertificate (t: Test): { cert: string, key: string } {
  const folder = temporaryFolder(t)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'
  ], { stdio: 'ignore' })
  return { cert, key }
}

/** Starts nginx as a TLS proxy for a server. @returns its URL */
export async function startNginx (t: Test, upstream: string, { cert, key }: { cert: string, key: string }) {
  const folder = temporaryFolder(t)
  const port = await freePort()
  const path = join(folder, 'nginx.conf')
  writeFileSync(path, `
    pid ${folder}/pid; error_log ${folder}/error.log; daemon off; master_process off; events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};
        location / {
          proxy_pass ${upstream};
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
    }`)
  const child = spawn('nginx', ['-c', path, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await new Promise<boolean>(resolve => {
      fetch(`http://127.0.0.1:${port}/`).then(() => resolve(true), () => resolve(false))
    })
    if (isUp) return `https://127.0.0.1:${port}`
    await sleep(50)
  }
  throw new Error('nginx does not answer')
}
