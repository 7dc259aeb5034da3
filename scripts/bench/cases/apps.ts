// Forward-auth: decisions about requests to protected apps.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../postgres.mjs'
import { type Case, postgresOf } from '../case.ts'
import { spread } from '../figures.ts'
import { load, type Target } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { bearers, loadCase } from './loads.ts'

const HOST = 'app.example.test'

/** What a proxy sends, with the headers of a browser. */
const question = {
  'x-forwarded-method': 'GET',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': HOST,
  'x-forwarded-uri': '/api/items?page=1',
  'x-forwarded-for': '203.0.113.7',
  accept: '*/*'
}

const rule = (path: string) => `  - { hosts: ${HOST}, paths: ${path}, allow: signed-in, audience: bench }\n`

/** So many rules for one host; the last one matches. */
const rulesOf = (count: number) => 'rules:\n' +
  Array.from({ length: count - 1 }, (_, index) => rule(`/section-${index}/*`)).join('') + rule('/*')

/** Another process of the service that protects an app by so many rules. */
async function startGate (stage: Stage, count: number): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
  const file = join(folder, 'access-rules.yaml')
  writeFileSync(file, rulesOf(count))
  const gate = await postgresOf(stage).startReplica(undefined, {
    LANGFLOW_ACCESS_RULES_FILE: file,
    LANGFLOW_PUBLIC_URL: 'http://127.0.0.1:7860',
    LANGFLOW_TRUSTED_PROXIES: '127.0.0.1',
    LANGFLOW_IDENTITY_AUDIENCES: 'bench',
    LANGFLOW_SUPERUSER_PASSWORD: 'a pass phrase of the bench'
  })
  return { ...gate, stop: () => gate.stop().finally(() => rmSync(folder, { recursive: true })) }
}

const questions = (tokens: string[]) => bearers(tokens).map(bearer => ({ ...question, ...bearer }))

const verify = loadCase({
  name: 'verify',
  summary: 'may a request to an app pass? By bearer, with an identity token',
  against: 'a bare route with the same answer',
  needsPostgres: true,
  reach: { throughput: 0.75 },
  sides: async stage => {
    const gate = await startGate(stage, 1)
    const headers = questions(stage.tokens)
    return {
      measured: { target: gate, job: { paths: ['/api/v1/verify'], headers } },
      ceiling: { target: stage.bare, job: { paths: ['/verified'], headers } },
      close: gate.stop
    }
  }
})

const manyRules = loadCase({
  name: 'verify-100-rules',
  summary: 'the same with 100 rules for the host, of which the last one matches',
  against: 'verify with one rule',
  needsPostgres: true,
  reach: { throughput: 0.95 },
  sides: async stage => {
    const [many, one] = [await startGate(stage, 100), await startGate(stage, 1)]
    const job = { paths: ['/api/v1/verify'], headers: questions(stage.tokens) }
    return {
      measured: { target: many, job },
      ceiling: { target: one, job },
      close: async () => { await Promise.all([many.stop(), one.stop()]) }
    }
  }
})

/** nginx in front of the bare application: `/open` without a question, `/guarded` with one. */
async function startNginx (bare: Target, gate: Target) {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-bench-'))
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`)
  writeFileSync(join(folder, 'nginx.conf'), `
    daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http {
      access_log off; ${paths.join(' ')}
      keepalive_requests 1000000;
      upstream app { server ${new URL(bare.url).host}; keepalive 100; }
      upstream flowgate { server ${new URL(gate.url).host}; keepalive 100; }
      server {
        listen 127.0.0.1:${port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location = /_verify {
          internal;
          proxy_pass http://flowgate/api/v1/verify/nginx;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Connection "";
          proxy_set_header X-Forwarded-Method $request_method;
          proxy_set_header X-Forwarded-Proto https;
          proxy_set_header X-Forwarded-Host ${HOST};
          proxy_set_header X-Forwarded-Uri $request_uri;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_buffer_size 32k;
          proxy_buffers 4 32k;
          proxy_busy_buffers_size 32k;
        }
        location = /open { proxy_pass http://app/; }
        location = /guarded {
          auth_request /_verify;
          auth_request_set $user $upstream_http_remote_user;
          proxy_set_header Remote-User $user;
          proxy_set_header Connection "";
          proxy_pass http://app/;
        }
      }
    }`)
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  const failure = new Promise<never>((_resolve, reject) => { child.once('error', reject) })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  const answers = async () => {
    while (!await fetch(`${url}/open`).then(({ ok }) => ok, () => false)) await sleep(20)
  }
  await Promise.race([answers(), failure])
  return { url, stop }
}

/** Few connections: the latency of an app that is not overloaded. */
const CONNECTIONS = 4

/** What `auth_request` adds to each request. Load generator, nginx, app and service share the cores. */
const nginxLatency: Case = {
  name: 'verify-nginx',
  summary: `requests through nginx with auth_request, ${CONNECTIONS} connections`,
  needsPostgres: true,
  measure: async (stage, { rounds, seconds }, progress) => {
    const gate = await startGate(stage, 1)
    const nginx = await startNginx(stage.bare, gate)
    const p99: number[] = []
    let note = ''
    try {
      const run = async (path: string) => {
        const result = await load({
          url: nginx.url, connections: CONNECTIONS, seconds, paths: [path], headers: bearers(stage.tokens)
        })
        if (result.failed > 0) throw new Error(`verify-nginx: ${result.failed} requests failed`)
        return result
      }
      for (let round = 1; round <= rounds; round++) {
        progress(`verify-nginx: round ${round} of ${rounds}`)
        const [open, guarded] = [await run('/open'), await run('/guarded')]
        p99.push(guarded.p99Ms / open.p99Ms)
        note = `p50 ${open.p50Ms} → ${guarded.p50Ms} ms, p99 ${open.p99Ms} → ${guarded.p99Ms} ms`
      }
    } finally {
      await nginx.stop()
      await gate.stop()
    }
    return [{ what: 'p99', against: 'the same without auth_request', spread: spread(p99), unit: '×', reach: {}, note }]
  }
}

export const appCases: Case[] = [verify, manyRules, nginxLatency]
