import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { freePort } from '../../../scripts/postgres.mjs'
import { cleanEnv, temporaryFolder } from '../cli.ts'
import { nginxConfiguration } from '../nginx.ts'
import { makeCertificate } from '../tls.ts'
import { type Listener, send } from './client.ts'

const examples = fileURLToPath(new URL('../../../deploy/forward-auth', import.meta.url))

/** The addresses and paths of a test. */
type Place = { folder: string, cert: string, key: string, port: number, spare: number, flowgate: number, app: number }
type Change = [from: string | RegExp, to: string]
/** What a proxy accepts over HTTP/2. */
type Http2 = 'nothing' | 'requests' | 'WebSockets'
/**
 * How a test runs an example. Nothing but hosts, ports and paths is changed.
 * `keepsEmpty`: the proxy sends headers to the app that are empty in Flowgate's answer.
 */
type Example = {
  files: string[], http2?: Http2, keepsEmpty?: boolean, args: (folder: string) => string[],
  changes: (place: Place) => Change[]
}

const addresses = ({ flowgate, app }: Place): Change[] => [
  ['127.0.0.1:7860', `127.0.0.1:${flowgate}`],
  ['127.0.0.1:3000', `127.0.0.1:${app}`]
]

const certificates = ({ cert, key }: Place): Change[] => [
  ['/etc/ssl/certs/example.org.pem', cert],
  ['/etc/ssl/private/example.org.key', key]
]

export const proxies: Record<string, Example> = {
  nginx: {
    files: ['nginx.conf', 'flowgate-verify.conf', 'flowgate-protect.conf'],
    http2: 'nothing',
    args: folder => ['-c', join(folder, 'main.conf'), '-e', join(folder, 'error.log')],
    changes: place => [
      ...addresses(place), ...certificates(place),
      ['listen 443', `listen 127.0.0.1:${place.port}`],
      ['$flowgate_host app.example.org', `$flowgate_host app.example.org:${place.port}`],
      ['/etc/nginx/', `${place.folder}/`]
    ]
  },
  caddy: {
    files: ['Caddyfile'],
    args: folder => ['run', '--adapter', 'caddyfile', '--config', join(folder, 'main.caddy')],
    changes: place => [
      ...addresses(place),
      ['import flowgate app.example.org', `import flowgate app.example.org:${place.port}`],
      [/^(\w+\.example\.org) \{/gm, `$1:${place.port} {`]
    ]
  },
  traefik: {
    files: ['traefik.yml', 'traefik-dynamic.yml'],
    keepsEmpty: true,
    args: folder => [`--configFile=${join(folder, 'traefik.yml')}`],
    changes: place => [
      ...addresses(place), ...certificates(place),
      ['address: ":443"', `address: "127.0.0.1:${place.port}"`],
      ['127.0.0.1:7861', `127.0.0.1:${place.spare}`],
      ['Host: app.example.org', `Host: app.example.org:${place.port}`],
      ['/etc/traefik/', `${place.folder}/`]
    ]
  },
  haproxy: {
    files: ['haproxy.cfg', 'haproxy-forward-auth.lua'],
    http2: 'WebSockets',
    args: folder => ['-f', join(folder, 'haproxy.cfg')],
    changes: place => [
      ...addresses(place),
      ['"127.0.0.1", 7860', `"127.0.0.1", ${place.flowgate}`],
      ['bind :443', `bind 127.0.0.1:${place.port}`],
      [/(app|auth)\.example\.org(?= |$)/gm, `$1.example.org:${place.port}`],
      ['/etc/haproxy/', `${place.folder}/`]
    ]
  },
  envoy: {
    files: ['envoy.yaml'],
    args: folder => ['-c', join(folder, 'envoy.yaml'), '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error'],
    changes: place => [
      ...certificates(place),
      ['http://127.0.0.1:7860', `http://127.0.0.1:${place.flowgate}`],
      ['address: 0.0.0.0, port_value: 443', `address: 127.0.0.1, port_value: ${place.port}`],
      ['port_value: 7860', `port_value: ${place.flowgate}`],
      ['port_value: 3000', `port_value: ${place.app}`],
      [/domains: \[(\w+)\.example\.org\]/g, `domains: ["$1.example.org:${place.port}"]`]
    ]
  }
}

function writeExample ({ files, changes }: Example, place: Place) {
  const texts = files.map(name => readFileSync(join(examples, name), 'utf8'))
  for (const [from] of changes(place)) {
    if (!texts.some(text => from instanceof RegExp ? text.search(from) >= 0 : text.includes(from))) {
      throw new Error(`${from} is not in ${files.join(', ')}`)
    }
  }
  for (const [index, name] of files.entries()) {
    const text = changes(place).reduce((text, [from, to]) => from instanceof RegExp
      ? text.replace(from, to)
      : text.replaceAll(from, () => to), texts[index] ?? '')
    writeFileSync(join(place.folder, name), text)
  }
}

/** A Caddyfile that imports the example. Certificates come from Caddy itself, not from a public authority. */
const caddyMain = (folder: string) => `{
  local_certs
  skip_install_trust
  auto_https disable_redirects
}
import ${folder}/Caddyfile
`

/** A proxy, with its listeners for the app and for Flowgate's own host. */
export type Running = { name: string, app: Listener, auth: Listener, http2: Http2, keepsEmpty: boolean }

/** The ports of Flowgate and of the app, and that of the proxy; without it a free one is used. */
type Ports = { flowgate: number, app: number, port?: number }

/** Starts a proxy with its example from deploy/forward-auth and waits until it responds. */
export async function startProxy (
  t: Test, name: string, program: string, { flowgate, app, port: ownPort }: Ports
): Promise<Running> {
  const example = proxies[name]
  if (!example) throw new Error(name)
  const { http2 = 'requests', keepsEmpty = false, args } = example
  const folder = temporaryFolder(t)
  const { cert, key } = makeCertificate(t)
  const port = ownPort ?? await freePort()
  const place = { folder, cert, key, port, spare: await freePort(), flowgate, app }
  writeExample(example, place)
  writeFileSync(join(folder, 'example.org.pem'), readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'))
  // As /etc/nginx/nginx.conf does.
  writeFileSync(join(folder, 'main.conf'), nginxConfiguration(folder, `include ${folder}/nginx.conf;`))
  writeFileSync(join(folder, 'main.caddy'), caddyMain(folder))

  const child = spawn(program, args(folder), {
    cwd: folder, env: { ...cleanEnv, HOME: folder, XDG_DATA_HOME: folder, CADDY_ADMIN: `unix/${folder}/admin.sock` }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { output += chunk })
  const ended = new Promise(resolve => child.on('close', resolve))
  t.teardown(() => { child.kill('SIGKILL'); return ended })
  const listen = (host: string): Listener => ({ port, host: `${host}:${port}` })
  const [site, auth] = [listen('app.example.org'), listen('auth.example.org')]
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if (await send(auth, { path: '/livez' }).then(({ status }) => status === 200, () => false)) {
      return { name, app: site, auth, http2, keepsEmpty }
    }
    await sleep(50)
  }
  throw new Error(`${name} does not respond:\n${output}`)
}
