import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseEnv } from 'dotenv'
import ipaddr from 'ipaddr.js'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { loadConfig, settings } from '../../src/config.ts'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { siteOf } from '../helpers/langflow-deployment.ts'
import { proxies } from '../helpers/proxies/start.ts'
import { makeCertificate } from '../helpers/tls.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string) => readdirSync(join(root, folder), { withFileTypes: true })
  .filter(entry => entry.isFile()).map(({ name }) => `${folder}/${name}`)
const files = [...filesIn('deploy'), ...filesIn('deploy/forward-auth'), 'deploy/langflow/flowgate.env']
const names = new Set<string>(settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name]))

t.test('every setting in the examples exists', async t => {
  for (const path of files) {
    for (const [name] of read(path).matchAll(/LANGFLOW_\w+/g)) t.ok(names.has(name), `${path}: ${name}`)
  }
})

/** The environment of a service in a compose file, with the variables of its .env file. */
function environmentOf (service: { environment: Record<string, string> }, given: Record<string, string>) {
  const fill = (text: string) => text.replace(/\$\{(\w+)(?::[?-][^}]*)?\}/g, (_, name: string) => given[name] ?? '')
  return Object.fromEntries(Object.entries(service.environment).map(([name, text]) => [name, fill(text)]))
}

t.test('the compose file has valid settings and waits for the database', async t => {
  const { services: { flowgate, postgres }, volumes } = parse(read('deploy/compose.yaml'))
  const values = environmentOf(flowgate, {
    LANGFLOW_SUPERUSER_PASSWORD: 'a long pass phrase', LANGFLOW_SECRET_KEY: generateSecretKey(),
    POSTGRES_PASSWORD: 'none'
  })
  const config = loadConfig([{ label: 'compose', values: { ...values, LANGFLOW_HOST: '0.0.0.0' } }])
  t.strictSame(config.warnings, [], 'none of the settings is unsafe')
  t.equal(new URL(config.databaseUrl ?? '').pathname, `/${postgres.environment.POSTGRES_DB}`)
  t.equal(flowgate.depends_on.postgres.condition, 'service_healthy')
  t.match(flowgate.ports, ['127.0.0.1:7860:7860'], 'https comes from a proxy')
  for (const volume of [...flowgate.volumes, ...postgres.volumes]) t.ok(volume.split(':')[0] in volumes, volume)
  t.ok(existsSync(join(root, 'deploy', flowgate.build.context, flowgate.build.dockerfile)))
})

const isInside = (address: string, subnet: string) => ipaddr.parse(address).match(ipaddr.parseCIDR(subnet))

t.test('in the compose file for Langflow only nginx is published, and only nginx reaches Langflow', async t => {
  const { services, networks, volumes } = parse(read('deploy/langflow/compose.yaml'))
  const publishing = Object.keys(services).filter(name => 'ports' in services[name])
  t.strictSame(publishing, ['nginx'])
  const networksOf = (name: string): string[] => {
    const joined = services[name].networks
    return Array.isArray(joined) ? joined : Object.keys(joined)
  }
  const sharing = (name: string) => Object.keys(services).filter(other => other !== name &&
    networksOf(other).some(network => networksOf(name).includes(network)))
  t.strictSame(sharing('langflow'), ['nginx'])
  t.strictSame(sharing('postgres'), ['flowgate'])
  for (const name of Object.keys(services)) {
    for (const network of networksOf(name)) t.ok(network in networks, `${name}: ${network}`)
    for (const volume of services[name].volumes) {
      const [source] = volume.split(':')
      const isFound = source.startsWith('.') ? existsSync(join(root, 'deploy/langflow', source)) : source in volumes
      t.ok(isFound || source.startsWith('./tls/'), `${name}: ${volume}`)
    }
  }
  const mounted = services.nginx.volumes.map((volume: string) => volume.split(':')[1])
  const named = read('deploy/langflow/nginx.conf').matchAll(/^ *(?:include|alias|ssl_certificate|ssl_certificate_key) (.+);/gm)
  for (const [, path] of named) t.ok(mounted.includes(path), `nginx finds ${path}`)
  for (const name of ['sign-in', 'app']) {
    for (const member of Object.keys(services).filter(each => networksOf(each).includes(name))) {
      const { ipv4_address: address } = services[member].networks[name]
      t.ok(isInside(address, networks[name].ipam.config[0].subnet), `${member} has a fixed address in ${name}`)
    }
  }

  for (const secret of ['.env', 'tls/example.org.key']) {
    const { status } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', `deploy/langflow/${secret}`], { cwd: root })
    t.equal(status, 0, `git ignores ${secret}`)
  }

  const settingsOf = (name: string) => parseEnv(read(`deploy/langflow/${name}.env`))
  const config = loadConfig([{
    label: 'compose',
    values: {
      ...settingsOf('flowgate'),
      ...environmentOf(services.flowgate, {
        FLOWGATE_SUPERUSER_PASSWORD: 'a long pass phrase', FLOWGATE_SECRET_KEY: generateSecretKey(),
        POSTGRES_PASSWORD: 'none'
      }),
      LANGFLOW_HOST: '0.0.0.0'
    }
  }])
  t.strictSame(config.warnings, [], 'none of the settings is unsafe')
  t.equal(new URL(config.databaseUrl ?? '').pathname, `/${services.postgres.environment.POSTGRES_DB}`)
  t.strictSame(config.trustedProxies, [services.nginx.networks['sign-in'].ipv4_address])
  const langflow = settingsOf('langflow')
  t.equal(langflow['LANGFLOW_EXTERNAL_AUTH_ISSUER'], config.publicUrl)
  t.equal(langflow['LANGFLOW_EXTERNAL_AUTH_JWKS_URL'], `${config.publicUrl}/.well-known/jwks.json`)
  t.strictSame([langflow['LANGFLOW_EXTERNAL_AUTH_AUDIENCE']], config.identityAudiences)
  t.strictSame(services.nginx.networks.app.aliases, [new URL(config.publicUrl ?? '').host], 'Langflow finds the keys')
})

t.test('the image does not run as root, has a health check, and copies existing files', async t => {
  const text = read('deploy/Dockerfile')
  const stages = text.split(/^FROM /m)
  const last = stages.at(-1) ?? ''
  t.equal(stages.length, 3, 'build tools are not in the final image')
  t.match(last, /^USER node$/m)
  t.match(last, /HEALTHCHECK[^]*CMD \["node", "--", "bin\/flowgate.mjs", "health"\]/)
  for (const [, sources = ''] of last.matchAll(/^COPY --from=build (.+) \S+$/gm)) {
    for (const source of sources.split(' ')) t.ok(existsSync(join(root, source.replace('/build/', ''))), source)
  }
})

t.test('the systemd unit starts the command of the package', async t => {
  const text = read('deploy/flowgate.service')
  const { bin: { flowgate } } = JSON.parse(read('package.json'))
  t.ok(text.includes(`/node_modules/flowgate/${flowgate} run`))
  t.match(text, /^DynamicUser=yes$/m)
  for (const line of text.split('\n')) t.match(line, /^(#.*|\[\w+\]|[A-Z]\w+=.*|)$/, line)
})

t.test('a real proxy runs every example in deploy/forward-auth', async t => {
  const run = Object.values(proxies).flatMap(({ files }) => files)
  t.strictSame(filesIn('deploy/forward-auth').sort(), run.map(name => `deploy/forward-auth/${name}`).sort())
})

const hasNginx = spawnSync('nginx', ['-v']).status === 0

const needsNginx = hasNginx ? {} : { skip: 'nginx is not installed' }

/** Whether nginx accepts the content of an `http` block. */
function checkNginx (t: Test, text: string) {
  const folder = temporaryFolder(t)
  const path = join(folder, 'nginx.conf')
  writeFileSync(path, `pid ${folder}/pid; error_log ${folder}/error.log; events {} http { ${text} }`)
  const { status, stderr } = spawnSync('nginx', ['-t', '-c', path, '-e', join(folder, 'error.log')],
    { encoding: 'utf8' })
  return { status, stderr }
}

t.test('nginx accepts its example', needsNginx, async t => {
  const { cert, key } = makeCertificate(t)
  const text = read('deploy/nginx.conf')
    .replace(/ssl_certificate .+;/, `ssl_certificate ${cert};`).replace(/ssl_certificate_key .+;/, `ssl_certificate_key ${key};`)
  t.match(checkNginx(t, text), { status: 0 })
  const below = text.replace('    # location /flowgate/ {\n    location / {', '    location /flowgate/ {')
  t.not(below, text)
  t.match(checkNginx(t, below), { status: 0 }, 'below a path')
  t.match(checkNginx(t, text.replace('proxy_pass', 'proxy_past')), { status: 1, stderr: /unknown directive/ })
})

t.test('nginx accepts the example for Langflow', needsNginx, async t => {
  const { cert, key } = makeCertificate(t)
  const text = siteOf({
    'server flowgate:7860': 'server 127.0.0.1:7860',
    'server langflow:7860': 'server 127.0.0.1:7861',
    '/etc/ssl/certs/example.org.pem': cert,
    '/etc/ssl/private/example.org.key': key,
    '/etc/nginx/flowgate-': join(root, 'deploy/forward-auth/flowgate-')
  })
  t.match(checkNginx(t, text), { status: 0 })
})

t.test('secrets and local builds do not enter the build of the image', t => {
  const ignored = read('deploy/Dockerfile.dockerignore').split('\n')
  for (const path of ['.git', '.flowgate', '**/node_modules', 'dist', '**/.env', '**/*.env', 'deploy/langflow/tls']) {
    t.ok(ignored.includes(path), path)
  }
  t.end()
})
