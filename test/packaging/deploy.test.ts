import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig, settings } from '../../src/config.ts'
import { generateSecretKey } from '../../src/crypto/secret-key.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { proxies } from '../helpers/proxies/start.ts'
import { makeCertificate } from '../helpers/tls.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string) => readdirSync(join(root, folder), { withFileTypes: true })
  .filter(entry => entry.isFile()).map(({ name }) => `${folder}/${name}`)
const files = [...filesIn('deploy'), ...filesIn('deploy/forward-auth')]
const names = new Set<string>(settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name]))

t.test('every setting in the examples exists', async t => {
  for (const path of files) {
    for (const [name] of read(path).matchAll(/LANGFLOW_\w+/g)) t.ok(names.has(name), `${path}: ${name}`)
  }
})

t.test('the compose file has valid settings and waits for the database', async t => {
  const { services: { flowgate, postgres }, volumes } = parse(read('deploy/compose.yaml'))
  const given: Record<string, string> = {
    LANGFLOW_SUPERUSER_PASSWORD: 'a long pass phrase', LANGFLOW_SECRET_KEY: generateSecretKey(),
    POSTGRES_PASSWORD: 'none'
  }
  const fill = (text: string) => text.replace(/\$\{(\w+)(?::[?-][^}]*)?\}/g, (_, name: string) => given[name] ?? '')
  const values = Object.fromEntries(Object.entries<string>(flowgate.environment).map(([name, text]) => [name,
    fill(text)]))
  const config = loadConfig([{ label: 'compose', values: { ...values, LANGFLOW_HOST: '0.0.0.0' } }])
  t.strictSame(config.warnings, [], 'none of the settings is unsafe')
  t.equal(new URL(config.databaseUrl ?? '').pathname, `/${postgres.environment.POSTGRES_DB}`)
  t.equal(flowgate.depends_on.postgres.condition, 'service_healthy')
  t.match(flowgate.ports, ['127.0.0.1:7860:7860'], 'https comes from a proxy')
  for (const volume of [...flowgate.volumes, ...postgres.volumes]) t.ok(volume.split(':')[0] in volumes, volume)
  t.ok(existsSync(join(root, 'deploy', flowgate.build.context, flowgate.build.dockerfile)))
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

t.test('nginx accepts its example', hasNginx ? {} : { skip: 'nginx is not installed' }, async t => {
  const { cert, key } = makeCertificate(t)
  const folder = temporaryFolder(t)
  const check = (text: string) => {
    const path = join(folder, 'nginx.conf')
    writeFileSync(path, `pid ${folder}/pid; error_log ${folder}/error.log; events {} http { ${text} }`)
    const { status, stderr } = spawnSync('nginx', ['-t', '-c', path, '-e', join(folder, 'error.log')],
      { encoding: 'utf8' })
    return { status, stderr }
  }
  const text = read('deploy/nginx.conf')
    .replace(/ssl_certificate .+;/, `ssl_certificate ${cert};`).replace(/ssl_certificate_key .+;/, `ssl_certificate_key ${key};`)
  t.match(check(text), { status: 0 })
  const below = text.replace('    # location /flowgate/ {\n    location / {', '    location /flowgate/ {')
  t.not(below, text)
  t.match(check(below), { status: 0 }, 'below a path')
  t.match(check(text.replace('proxy_pass', 'proxy_past')), { status: 1, stderr: /unknown directive/ })
})
