import t from 'tap'
import { load, problemsOf, type Values } from '../helpers/config.ts'

const secured = { LANGFLOW_AUTO_LOGIN: 'False', LANGFLOW_SUPERUSER_PASSWORD: 'a long enough phrase' }
const withUrl = (url: string | undefined, more: Values = {}) => ({ ...secured, LANGFLOW_PUBLIC_URL: url, ...more })

t.test('a valid public URL yields an origin and a base path', async t => {
  const rows: Array<[string, publicUrl: string, basePath: string]> = [
    ['https://auth.example.org', 'https://auth.example.org', ''],
    ['https://auth.example.org/', 'https://auth.example.org', ''],
    ['https://auth.example.org//', 'https://auth.example.org', ''],
    ['https://auth.example.org:8443', 'https://auth.example.org:8443', ''],
    ['https://auth.example.org:443', 'https://auth.example.org', ''],
    ['HTTPS://Auth.Example.ORG', 'https://auth.example.org', ''],
    ['http://localhost:7860', 'http://localhost:7860', ''],
    ['http://127.0.0.1', 'http://127.0.0.1', ''],
    ['http://[::1]:7860', 'http://[::1]:7860', ''],
    ['http://10.0.0.7:8080/auth', 'http://10.0.0.7:8080/auth', '/auth'],
    ['https://example.org/flowgate', 'https://example.org/flowgate', '/flowgate'],
    ['https://example.org/flowgate/', 'https://example.org/flowgate', '/flowgate'],
    ['https://example.org/flowgate///', 'https://example.org/flowgate', '/flowgate'],
    ['https://example.org/tools/flowgate', 'https://example.org/tools/flowgate', '/tools/flowgate'],
    ['https://example.org/a/b/c/d', 'https://example.org/a/b/c/d', '/a/b/c/d'],
    ['https://example.org/Flow-Gate_1.0~x', 'https://example.org/Flow-Gate_1.0~x', '/Flow-Gate_1.0~x'],
    ['https://example.org/tools/api', 'https://example.org/tools/api', '/tools/api'],
    ['https://example.org/apis', 'https://example.org/apis', '/apis'],
    ['https://example.org/API', 'https://example.org/API', '/API'],
    ['https://example.org/...', 'https://example.org/...', '/...'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example', ''],
    ['https://bücher.example/auth', 'https://xn--bcher-kva.example/auth', '/auth'],
    [`https://example.org/${'a'.repeat(180)}`, `https://example.org/${'a'.repeat(180)}`, `/${'a'.repeat(180)}`]
  ]
  for (const [text, publicUrl, basePath] of rows) {
    t.strictSame(problemsOf(withUrl(text)), [], text)
    const config = load(withUrl(text))
    t.match(config, { publicUrl, basePath, publicOrigin: new URL(publicUrl).origin }, text)
  }
})

t.test('an invalid public URL is rejected at the start, with the reason and a remedy', async t => {
  const [noUrl, path, own] = [/is not an http or https URL$/, /has a path that is not plain$/, /an address of this server/]
  const rows: Array<[string, problem: RegExp, remedy: RegExp]> = [
    ['auth.example.org', noUrl, /e\.g\. https/],
    ['/flowgate', noUrl, /e\.g\. https/],
    ['//example.org/flowgate', noUrl, /e\.g\. https/],
    ['example.org:443/flowgate', noUrl, /e\.g\. https/],
    ['ftp://example.org', noUrl, /e\.g\. https/],
    ['ws://example.org', noUrl, /e\.g\. https/],
    ['file:///srv', noUrl, /e\.g\. https/],
    ['javascript:alert(1)', noUrl, /e\.g\. https/],
    ['https:example.org', noUrl, /e\.g\. https/],
    ['https:/example.org', noUrl, /e\.g\. https/],
    ['https://', noUrl, /e\.g\. https/],
    ['https://example.org:99999', noUrl, /e\.g\. https/],
    ['https://exa mple.org', noUrl, /e\.g\. https/],
    ['*', noUrl, /e\.g\. https/],
    ['https://ada@example.org', /contains a user name or password$/, /Remove it/],
    ['https://ada:hush@example.org/flowgate', /contains a user name or password$/, /Remove it/],
    ['https://*', /invalid host name$/, /one host name/],
    ['https://*.example.org/flowgate', /invalid host name$/, /one host name/],
    ['https://a..example', /invalid host name$/, /one host name/],
    ['https://example.org?x=1', /query or a fragment$/, /Use https:\/\/example\.org\/\./],
    ['https://example.org/flowgate?', /query or a fragment$/, /Use https:\/\/example\.org\/flowgate\./],
    ['https://example.org/flowgate#top', /query or a fragment$/, /Use https:\/\/example\.org\/flowgate\./],
    [`https://example.org/${'a'.repeat(181)}`, /longer than 200 characters$/, /Shorten/],
    ['https://example.org/a b', path, /letters, digits/],
    ['https://example.org/a%20b', path, /letters, digits/],
    ['https://example.org/a%2Fb', path, /letters, digits/],
    ['https://example.org/ä', path, /letters, digits/],
    ['https://example.org/a//b', path, /letters, digits/],
    ['https://example.org//a', path, /letters, digits/],
    ['https://example.org/a/../b', path, /letters, digits/],
    ['https://example.org/a/./b', path, /letters, digits/],
    ['https://example.org/..', path, /letters, digits/],
    ['https://example.org\\a', path, /letters, digits/],
    ['https://example.org/a;b', path, /letters, digits/],
    ['https://example.org/"><script>', path, /letters, digits/],
    ['https://example.org/$1', path, /letters, digits/],
    ['https://example.org/a,b', path, /letters, digits/],
    ['https://example.org/:a', path, /letters, digits/],
    ['https://example.org/*', path, /letters, digits/],
    ['https://example.org/api', own, /e\.g\. \/flowgate/],
    ['https://example.org/api/v1/', own, /e\.g\. \/flowgate/],
    ['https://example.org/login', own, /e\.g\. \/flowgate/],
    ['https://example.org/docs/x', own, /e\.g\. \/flowgate/],
    ['https://example.org/oauth2', own, /e\.g\. \/flowgate/],
    ['https://example.org/.well-known/x', own, /e\.g\. \/flowgate/]
  ]
  for (const [text, problem, remedy] of rows) {
    const problems = problemsOf(withUrl(text))
    t.match(problems, [{ subject: 'LANGFLOW_PUBLIC_URL', problem, remedy }], text)
    t.equal(problems.length, 1, text)
    t.notMatch(JSON.stringify(problems), 'hush')
  }
})

t.test('without the setting, the public URL is the listening address', async t => {
  const rows: Array<[Values, string]> = [
    [{}, 'http://127.0.0.1:7860'],
    [{ LANGFLOW_HOST: '::1', LANGFLOW_PORT: '80' }, 'http://[::1]'],
    [{ LANGFLOW_SSL_CERT_FILE: '/c', LANGFLOW_SSL_KEY_FILE: '/k' }, 'https://127.0.0.1:7860']
  ]
  for (const [values, publicUrl] of rows) {
    const config = load({ ...secured, ...values })
    t.match(config, { publicUrl, basePath: '' })
    t.equal(config.publicOrigin, undefined, 'it is not trusted as an origin')
  }
})

t.test('a public URL on another host makes the server public', async t => {
  const isPublic = (url: string | undefined) => load(withUrl(url)).isPublic
  for (const url of [undefined, 'http://localhost/auth', 'http://127.0.0.9:80', 'http://[::1]']) t.notOk(isPublic(url), String(url))
  for (const url of ['https://example.org', 'http://10.0.0.7', 'http://[2001:db8::1]']) t.ok(isPublic(url), url)
  const unsafe = problemsOf({ LANGFLOW_PUBLIC_URL: 'https://example.org' })
  t.match(unsafe.map(({ subject }) => subject), ['LANGFLOW_AUTO_LOGIN', 'LANGFLOW_SUPERUSER_PASSWORD'])
  for (const { problem } of unsafe) t.match(problem, /with LANGFLOW_PUBLIC_URL, other machines reach this server/)
  t.strictSame(problemsOf({ LANGFLOW_PUBLIC_URL: 'http://localhost:9000/auth' }), [])
})

t.test('a public URL with http is a warning, except on loopback', async t => {
  const warned = (url: string) => load(withUrl(url)).warnings.filter(({ subject }) => subject === 'LANGFLOW_PUBLIC_URL')
  for (const url of ['http://example.org', 'HTTP://example.org/auth', 'http://10.0.0.7:8080', 'http://[2001:db8::1]']) {
    t.match(warned(url), [{ problem: /unencrypted/, remedy: /Use https/ }], url)
  }
  for (const url of ['https://example.org', 'http://localhost:7860', 'http://127.0.0.1/auth', 'http://[::1]']) {
    t.strictSame(warned(url), [], url)
  }
})

t.test('passwords must not consist of the name of the public host', async t => {
  t.ok(load(withUrl('https://corporate.example/auth')).passwordContext.includes('corporate'))
})
