import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { temporaryFolder } from './cli.ts'

/** Options of tests that need nginx. They are skipped with a message if it is not installed, except in CI. */
export const needsNginx = existsSync('/usr/sbin/nginx') || process.env['CI']
  ? {}
  : { skip: 'no nginx: install it (Debian: apt-get install nginx-light)' }

/** The configuration of an nginx that keeps its files in a folder. @param site the content of its `http` block */
export const nginxConfiguration = (folder: string, site: string) => `
  pid ${folder}/pid; error_log ${folder}/error.log; daemon off; master_process off; events {}
  http {
    access_log off;
    client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
    ${site}
  }`

/** Starts nginx with one server and waits until it responds. @param server the content of its `server` block */
export const runNginx = (t: Test, port: number, server: string) => runNginxSite(t, port, `server { ${server} }`)

/** The same with a file for the `http` block. @param port where one of its servers responds to plain HTTP or TLS */
export async function runNginxSite (t: Test, port: number, site: string) {
  const folder = temporaryFolder(t)
  const path = join(folder, 'nginx.conf')
  writeFileSync(path, nginxConfiguration(folder, site))
  const child = spawn('nginx', ['-c', path, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).then(() => true, () => false)) return
    await sleep(50)
  }
  throw new Error('nginx does not answer')
}
