import { validateHeaderValue } from 'node:http'
import cookie from '@fastify/cookie'
import { RedisClient } from '@redis/client'
import fc from 'fast-check'
import fastify from 'fastify'
import t from 'tap'
import { isLoopback } from '../../src/config.ts'
import { SetupError } from '../../src/errors.ts'
import { createNetworkTest } from '../../src/policy/requests/host-addresses.ts'
import { ADMIN, buildApp, cookiesOf } from '../helpers/app.ts'
import { load as loadAll, problemsOf as problemsOfAll, type Values } from '../helpers/config.ts'
import { anyText, holds } from '../helpers/properties.ts'

const load = (values: Values) => loadAll({ LANGFLOW_AUTO_LOGIN: 'False', ...values })
const problemsOf = (values: Values) => problemsOfAll({ LANGFLOW_AUTO_LOGIN: 'False', ...values })

/** Texts that must be accepted or rejected, and a pattern for the remedy. */
const cases: Record<string, { good: string[], bad: Array<[string, RegExp]> }> = {
  LANGFLOW_COOKIE_DOMAIN: {
    good: ['example.org', '.example.org', 'localhost', 'a-1.example', 'xn--bcher-kva.example'],
    bad: [['https://auth.example.org/x', /host name only: auth\.example\.org/], ['*.example.org', /Use example\.org/],
      ['example.org:7860', /host name only: example\.org/], ['192.0.2.7', /Remove/], ['::1', /Remove/], ['[2001:db8::1]', /Remove/],
      ['a..example', /extra dot/], ['example.org.', /extra dot/], ['.', /extra dot/], ['bücher.example', /xn--bcher-kva\.example/],
      ['under_score.example', /letters, digits/], ['-a.example', /letters, digits/], ['example.org; Secure', /one host name/],
      [`${'a'.repeat(64)}.example`, /letters, digits/], ['example.org/path', /host name only/], ['ada@example.org', /host name only/]]
  },
  LANGFLOW_HOST: {
    good: ['0.0.0.0', '::', '[::1]', 'fe80::1%eth0', 'my_service', 'localhost.', '::ffff:127.0.0.1'],
    bad: [['*', /0\.0\.0\.0/], ['http://0.0.0.0:7860', /host name only: 0\.0\.0\.0/], ['localhost:7860', /host name only: localhost/],
      ['256.0.0.1', /four numbers/], ['127.1', /four numbers/], ['[::1]:80', /host name only: \[::1\]/], ['häst', /xn--hst-qla/],
      ['0.0.0.0/0', /host name only/], ['a b', /one host name/], ['10.0.0.01', /four numbers/]]
  },
  LANGFLOW_ALLOWED_HOSTS: {
    good: ['auth.example.org,10.0.0.7,[::1],2001:db8::1,my_service', 'AUTH.example.org'],
    bad: [['*', /each host name/], ['*.example.org', /each host name/], ['https://auth.example.org', /host name only: auth/],
      ['auth.example.org:443', /host name only: auth/], ['cafe:80', /host name only: cafe/], ['ok.example,a..b', /extra dot/],
      ['mañana.example', /xn--maana-pta/]]
  },
  LANGFLOW_TRUSTED_PROXIES: {
    good: ['10.0.0.0/8,127.0.0.1,fd00::/8', '::ffff:10.0.0.1', '192.0.2.0/32'],
    bad: [['0.0.0.0/0', /of the proxies/], ['::/0', /of the proxies/], ['10.0.0.0/00', /of the proxies/],
      ['10.0.0.0/33', /addresses or networks/], ['fe80::1%eth0', /addresses or networks/], ['proxy', /addresses or networks/],
      ['10.0.0.1:80', /addresses or networks/], ['10.0.0.0/', /addresses or networks/]]
  },
  LANGFLOW_CORS_ORIGINS: {
    good: ['*', 'https://a.example', 'http://127.0.0.1:3000,http://[::1]:5173'],
    bad: [['https://a.example/', /Use https:\/\/a\.example\./], ['HTTPS://A.example', /Use https:\/\/a\.example\./],
      ['https://a.example:443', /Use https:\/\/a\.example\./], ['https://a.example/app?x#y', /Use https:\/\/a\.example\./],
      ['a.example', /scheme, host/], ['https://*.example', /each origin/], ['ftp://a.example', /scheme, host/], ['null', /scheme, host/]]
  },
  LANGFLOW_CORS_ALLOW_METHODS: {
    good: ['*', 'get,post', '["PATCH"]'],
    bad: [['GET POST', /GET,POST/], ['GET;POST', /GET,POST/], ['["GÉT"]', /GET,POST/], ['POST(x)', /GET,POST/]]
  },
  LANGFLOW_CORS_ALLOW_HEADERS: {
    good: ['*', 'x-api-key,X-Trace_1'],
    bad: [['x api key', /authorization,/], ['x-api-key:', /authorization,/], ['["a,b"]', /authorization,/], ['ключ', /authorization,/]]
  },
  LANGFLOW_RATE_LIMIT_STORAGE_URI: {
    good: ['memory://', 'redis://127.0.0.1', 'rediss://u:p%20w@[::1]:6380/15', 'redis://h:1/'],
    bad: [['redis://u:p%zw@h', /percent-encoded/], ['redis://h/main', /NUMBER/], ['redis://h:99999', /redis:/], ['redis://:pw@', /redis:/],
      ['redis+sentinel://h', /e\.g\. redis/], ['memory://x', /e\.g\. redis/]]
  },
  LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: {
    good: ['MISTRAL_API_KEY,deepseek'],
    bad: [['x'.repeat(256), /OPENAI_API_KEY/], ['A B', /commas/], ['A=1', /commas/]]
  },
  LANGFLOW_PROMETHEUS_PORT: { good: ['9090', '0'], bad: [] },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    good: ['http://127.0.0.1:4318', 'https://otel.example/prefix/'],
    bad: [['http://', /e\.g\./], ['http://h:99999', /e\.g\./], ['https://u:hush@h', /HEADERS/], ['http://h?token=1', /is appended/],
      ['grpc://h:4317', /4318/]]
  }
}

const problemsIn = (name: string, text: string) =>
  problemsOf({ [name]: text }).filter(({ subject }) => subject.startsWith(name))

t.test('an invalid value is rejected at boot, with a remedy', async t => {
  for (const [name, { good, bad }] of Object.entries(cases)) {
    for (const text of good) t.strictSame(problemsIn(name, text), [], text)
    for (const [text, remedy] of bad) t.match(problemsIn(name, text), [{ remedy }], `${name}=${text}`)
  }
  t.match(problemsOf({ LANGFLOW_PROMETHEUS_HOST: '127.0.0.1:9090' }), [{ remedy: /host name only: 127\.0\.0\.1/ }])
  const withSecrets = {
    LANGFLOW_HOST: 'http://ada:hush@h',
    LANGFLOW_CORS_ORIGINS: 'https://ada:hush@h/',
    LANGFLOW_COOKIE_DOMAIN: 'https://ada:hush@h',
    LANGFLOW_RATE_LIMIT_STORAGE_URI: 'redis://u:hush%zz@h',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://u:hush@h'
  }
  const password = { LANGFLOW_SUPERUSER_PASSWORD: 'a long enough phrase' }
  const subjects = problemsOf({ ...withSecrets, ...password }).map(({ subject }) => subject)
  t.strictSame(subjects.sort(), Object.keys(withSecrets).sort())
  t.notMatch(JSON.stringify(problemsOf(withSecrets)), 'hush')
})

t.test('metrics on the port of the service are rejected if the addresses overlap', async t => {
  const same = { LANGFLOW_PROMETHEUS_ENABLED: 'true', LANGFLOW_PROMETHEUS_PORT: '7000', LANGFLOW_PORT: '7000' }
  const found = (more: Values) => problemsOf({ ...same, ...more })
    .filter(({ subject }) => subject === 'LANGFLOW_PROMETHEUS_PORT').length
  const refused: Values[] = [{}, { LANGFLOW_PROMETHEUS_HOST: '0.0.0.0' }, { LANGFLOW_HOST: '::' }]
  const fine: Values[] = [{ LANGFLOW_PROMETHEUS_HOST: '127.0.0.2' }, { LANGFLOW_PROMETHEUS_ENABLED: 'no' },
    { LANGFLOW_PORT: '0', LANGFLOW_PROMETHEUS_PORT: '0' }]
  for (const more of refused) t.equal(found(more), 1)
  for (const more of fine) t.equal(found(more), 0)
})

t.test('the libraries accept every value that passes the checks', async t => {
  const server = fastify()
  await server.register(cookie)
  const part = fc.constantFrom('a', 'example', '.', '-', '_', '*', ':', '/', '[', ']', '::1', '127.0.0.1', '10', '80',
    'ü', ' ', 'http://', 'redis://', '@', '%', '%zz', '?', '#', ',', ';', '/8', '/0', 'xn--', '\t', '"')
  const parts = fc.array(part, { minLength: 1, maxLength: 6 }).map(all => all.join(''))
  const text = fc.oneof({ weight: 5, arbitrary: parts }, anyText,
    fc.constantFrom(...Object.values(cases).flatMap(({ good }) => good)))
  const uses: Record<string, (config: ReturnType<typeof load>) => void> = {
    LANGFLOW_COOKIE_DOMAIN: ({ cookieDomain: domain }) =>
      server.serializeCookie('name', 'value', domain === undefined ? {} : { domain }),
    LANGFLOW_TRUSTED_PROXIES: ({ trustedProxies }) => createNetworkTest(trustedProxies)('192.0.2.1'),
    LANGFLOW_CORS_ALLOW_METHODS: config => validateHeaderValue('x', config.corsAllowMethods.join(', ')),
    LANGFLOW_CORS_ALLOW_HEADERS: config => validateHeaderValue('x', config.corsAllowHeaders.join(', ')),
    LANGFLOW_CORS_ORIGINS: config => config.corsOrigins.forEach(origin => validateHeaderValue('x', origin)),
    LANGFLOW_RATE_LIMIT_STORAGE_URI: ({ rateLimitStorageUri: uri = 'memory://' }) =>
      uri === 'memory://' || RedisClient.parseURL(uri),
    OTEL_EXPORTER_OTLP_ENDPOINT: ({ otelExporterOtlpEndpoint: url = 'http://x' }) => new URL(`${url}/v1/traces`)
  }
  const safe = { LANGFLOW_SUPERUSER_PASSWORD: 'a long enough phrase' }
  for (const [name, use] of Object.entries(uses)) {
    let passed = 0
    await holds(t, name, fc.property(text, written => {
      let config: ReturnType<typeof load>
      try {
        config = load({ ...safe, [name]: written })
      } catch (error) {
        if (error instanceof SetupError) return
        throw error
      }
      passed++
      use(config)
    }), name.includes('PROXIES') ? 200 : 1000)
    t.ok(passed > 0, `${passed} passed`)
  }
})

t.test('methods in lower case are announced as browsers compare them, and a checked domain signs in', async t => {
  const { app, anonymous } = await buildApp(t, {
    env: {
      LANGFLOW_CORS_ORIGINS: 'https://a.example',
      LANGFLOW_CORS_ALLOW_METHODS: 'get,patch',
      LANGFLOW_COOKIE_DOMAIN: '.Example.ORG'
    }
  })
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/api/v1/users/whoami',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'PATCH' }
  })
  t.equal(preflight.headers['access-control-allow-methods'], 'GET, PATCH')
  const signedIn = await anonymous.post('/login', new URLSearchParams(ADMIN).toString(),
    { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  t.equal(signedIn.statusCode, 200)
  t.match(cookiesOf(signedIn)['access_token_lf'], { domain: /^\.?example\.org$/i })
})

t.test('loopback is recognized in every spelling, and other addresses are not', async t => {
  for (const host of ['127.0.0.1', '127.255.0.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1',
    '::ffff:7f00:1', 'localhost', 'LocalHost', 'localhost.', '::1%lo']) {
    t.ok(isLoopback(host), host)
    t.equal(load({ LANGFLOW_HOST: host }).isPublic, false, host)
  }
  for (const host of ['0.0.0.0', '::', '::ffff:0.0.0.0', '::ffff:10.0.0.1', 'localhost.example', '128.0.0.1', 'fe80::1',
    'ip6-localhost', '::127.0.0.1']) {
    t.notOk(isLoopback(host), host)
    t.ok(load({ LANGFLOW_HOST: host, LANGFLOW_SUPERUSER_PASSWORD: 'a long enough phrase' }).isPublic, host)
  }
})
