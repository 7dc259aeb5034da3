import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { readAccessRules } from '../../src/config/access-rules-file.ts'
import { SetupError } from '../../src/errors.ts'
import type { Mistake } from '../../src/policy/access-rules/nodes.ts'
import { parseAccessRules } from '../../src/policy/access-rules/parse.ts'
import { describeAllow, describeRule } from '../../src/services/apps/explanation.ts'
import { buildGate, writeRules } from '../helpers/apps.ts'

const known = { groups: ['superusers'], scopes: ['flows:read', 'users:read'], audiences: ['langflow'] }
const parse = (text: string) => parseAccessRules(text, known)
const mistakesOf = (text: string): Mistake[] => {
  const found = parse(text)
  return Array.isArray(found) ? found : []
}
const rule = (members: string) => `rules:\n  - ${members.split('; ').join('\n    ')}\n`

t.test('a file with every member is read', async t => {
  const found = parse(`# A comment
headers: { user: X-Webauth-User, user_id: X-Id, groups: X-Groups, scopes: X-Scopes, token: X-Token }
rules:
  - hosts: [app.example.org, "*.apps.example.org:8443", '[::1]:*', APP2.Example.org.]
    paths: [/, /health, /public/*, "/*", /café]
    methods: [get, DELETE]
    allow: { accounts: ["Ada ", "42"], groups: superusers, scopes: [flows:read], second_factor: true }
    origins: https://front.example.org
    audience: langflow
  - {hosts: b.example.org, allow: signed-in}
`)
  if (Array.isArray(found)) throw new Error(JSON.stringify(found))
  t.strictSame(found.headers, {
    user: 'X-Webauth-User', userId: 'X-Id', groups: 'X-Groups', scopes: 'X-Scopes', token: 'X-Token'
  })
  const [first, second] = found.rules
  if (!first || !second) throw new Error('two rules')
  t.strictSame(describeRule(first), {
    hosts: ['app.example.org', '*.apps.example.org:8443', '[::1]:*', 'app2.example.org'],
    paths: ['/', '/health', '/public/*', '/*', '/café'],
    methods: ['GET', 'DELETE']
  })
  t.equal(describeAllow(first), 'ada, 42, superusers; scopes flows:read; second factor')
  t.match(first, { line: 4, audience: 'langflow' })
  t.ok(first.origins.has('https://front.example.org'))
  t.equal(describeAllow(second), 'signed-in')
  t.equal(second.line, 10)
})

t.test('the files in docs/protecting-apps.md are valid', async t => {
  const document = readFileSync(new URL('../../docs/protecting-apps.md', import.meta.url), 'utf8')
  const files = [...document.matchAll(/^ *```yaml\n([^]*?)```/gm)].map(([, text = '']) => text)
  t.ok(files.length >= 4, `${files.length} files`)
  const names = { ...known, audiences: ['reports'] }
  for (const text of files) t.notOk(Array.isArray(parseAccessRules(text, names)), text)
})

/** Files with one mistake: its place and a part of its description. */
const mistakes: Array<[string, number, number, RegExp]> = [
  ['', 1, 1, /must be a mapping with `rules`, `headers`/],
  ['- x', 1, 1, /must be a mapping/],
  ['rules', 1, 1, /must be a mapping/],
  ['rules: []', 1, 1, /`rules` is empty/],
  ['rules: {}', 1, 8, /`rules` must be a list/],
  ['headers: {}', 1, 1, /the file has no `rules`/],
  ['rules:\n  - x', 2, 5, /a rule must be a mapping/],
  ['rules:\n  -', 2, 4, /a rule must be a mapping/],
  ['rule:\n  - x', 1, 1, /the file has no `rule`; it has `rules`, `headers`/],
  ['rules: [', 1, 9, /Flow sequence/],
  ['rules:\n\t- hosts: a', 2, 1, /Tabs/],
  ['rules: []\nrules: []', 2, 1, /unique/],
  [rule('hosts: a.org'), 2, 5, /has no `allow`/],
  [rule('allow: anyone'), 2, 5, /has no `hosts`/],
  [rule('hosts: a.org; allow: anyone; path: /x'), 4, 5, /has no `path`; it has `hosts`, `paths`/],
  [rule('hosts: []; allow: anyone'), 2, 12, /`hosts` is empty/],
  [rule('hosts: 8080; allow: anyone'), 2, 12, /write it in quotes/],
  [rule('hosts: [a.org, true]; allow: anyone'), 2, 20, /write it in quotes/],
  [rule('hosts: https://a.org; allow: anyone'), 2, 12, /is a URL/],
  [rule('hosts: a.org/x; allow: anyone'), 2, 12, /has a path/],
  [rule('hosts: "*"; allow: anyone'), 2, 12, /`\*`/],
  [rule('hosts: "*.org"; allow: anyone'), 2, 12, /too wide/],
  [rule('hosts: "*.*.example.org"; allow: anyone'), 2, 12, /`\*`/],
  [rule('hosts: a*.example.org; allow: anyone'), 2, 12, /`\*`/],
  [rule('hosts: "*.1.2.3"; allow: anyone'), 2, 12, /too wide/],
  [rule('hosts: a..org; allow: anyone'), 2, 12, /not a host name/],
  [rule('hosts: "a b"; allow: anyone'), 2, 12, /not a host name/],
  [rule('hosts: user@a.org; allow: anyone'), 2, 12, /not a host name/],
  [rule('hosts: a.org:99999; allow: anyone'), 2, 12, /not a host name/],
  [rule('hosts: "a.org:80:*"; allow: anyone'), 2, 12, /two ports/],
  [rule('hosts: bücher.example; allow: anyone'), 2, 12, /Punycode/],
  [rule('hosts: a.org; paths: x; allow: anyone'), 3, 12, /must begin with \//],
  [rule('hosts: a.org; paths: []; allow: anyone'), 3, 12, /`paths` is empty/],
  [rule('hosts: a.org; paths: /a*; allow: anyone'), 3, 12, /`\*`/],
  [rule('hosts: a.org; paths: /*/b; allow: anyone'), 3, 12, /`\*`/],
  [rule('hosts: a.org; paths: /a?b; allow: anyone'), 3, 12, /query/],
  [rule('hosts: a.org; paths: /a%20b; allow: anyone'), 3, 12, /percent-encoded/],
  [rule('hosts: a.org; paths: /a/../b; allow: anyone'), 3, 12, /dot segment/],
  [rule('hosts: a.org; paths: //a; allow: anyone'), 3, 12, /\/\//],
  [rule('hosts: a.org; methods: "G T"; allow: anyone'), 3, 14, /not a method/],
  [rule('hosts: a.org; allow: nobody'), 3, 12, /must be `anyone`, `signed-in`, `superusers`/],
  [rule('hosts: a.org; allow:'), 3, 11, /must be `anyone`/],
  [rule('hosts: a.org; allow: [anyone]'), 3, 12, /`allow` must be a mapping/],
  [rule('hosts: a.org; allow: {}'), 3, 12, /`allow` is empty/],
  [rule('hosts: a.org; allow: { users: [ada] }'), 3, 14, /no `users`/],
  [rule('hosts: a.org; allow: { groups: staff }'), 3, 22, /group "staff" does not exist; there are: `superusers`/],
  [rule('hosts: a.org; allow: { scopes: [flows] }'), 3, 23, /scope "flows" does not exist/],
  [rule('hosts: a.org; allow: { second_factor: false }'), 3, 29, /must be true/],
  [rule('hosts: a.org; allow: { accounts: [] }'), 3, 24, /`accounts` is empty/],
  [rule('hosts: a.org; allow: anyone; origins: a.org'), 4, 14, /not an origin/],
  [rule('hosts: a.org; allow: anyone; origins: https://a.org/'), 4, 14, /not an origin/],
  [rule('hosts: a.org; allow: anyone; audience: other'), 4, 15, /not in LANGFLOW_IDENTITY_AUDIENCES/],
  ['headers: { user: Cookie }\n' + rule('hosts: a.org; allow: anyone'), 1, 18, /another meaning/],
  ['headers: { user: authorization, token: X-Token }\n' + rule('hosts: a.org; allow: anyone'), 1, 18, /another meaning/],
  ['headers: { user: X_User }\n' + rule('hosts: a.org; allow: anyone'), 1, 18, /letters, digits and hyphens/],
  ['headers: { user: "X User" }\n' + rule('hosts: a.org; allow: anyone'), 1, 18, /letters, digits and hyphens/],
  ['headers: { user: X, groups: x }\n' + rule('hosts: a.org; allow: anyone'), 1, 1, /used twice/],
  ['headers: { name: X }\n' + rule('hosts: a.org; allow: anyone'), 1, 12, /no `name`/],
  ['a: &x 1\nrules:\n  - {hosts: *x, allow: anyone}', 1, 1, /no `a`/],
  ['rules:\n  - &x {hosts: a.org, allow: anyone}\n  - *x', 3, 5, /aliases/],
  ['rules:\n  - ? [a]\n    : b\n    hosts: a.org\n    allow: anyone', 2, 7, /has no/]
]

t.test('each mistake is reported with its line, its column and what is allowed', async t => {
  for (const [text, line, column, problem] of mistakes) {
    t.match(mistakesOf(text)[0], { line, column, problem }, JSON.stringify(text))
  }
  const all = mistakesOf(rule('hosts: "*"; paths: x; methods: "?"; allow: nobody; audience: a'))
  t.strictSame(all.map(({ line }) => line), [2, 3, 4, 5, 6], 'all mistakes of a file at once')
})

t.test('a file that cannot be read fails the start with the reason', async t => {
  const problemsOf = (path: string) => readAccessRules({ accessRulesFile: path, identityAudiences: [] }, known)
    .then(() => [], (error: SetupError) => error.problems)
  const path = writeRules(t, rule('hosts: "*"; allow: nobody'))
  t.match(await problemsOf(path), [{ subject: `${path}:2:12` }, { subject: `${path}:3:12` }])
  t.match(await problemsOf(`${path}.missing`), [{ problem: /cannot be read/ }])
  t.match(await problemsOf('/'), [{ problem: /not a file/ }])
  execFileSync('mkfifo', [`${path}.pipe`])
  t.match(await problemsOf(`${path}.pipe`), [{ problem: /not a file/ }], 'a pipe, which would block')
  writeFileSync(path, Buffer.from([0xff, 0xfe, 0x72]))
  t.match(await problemsOf(path), [{ problem: /not UTF-8/ }])
  writeFileSync(path, 'x'.repeat(1024 * 1024 + 1))
  t.match(await problemsOf(path), [{ problem: /1048577 bytes/ }])
  await t.rejects(buildGate(t, 'rules: []'), SetupError)
})

t.test('a reload applies a valid file, and keeps the rules in use if the new file has mistakes', async t => {
  const { app, ask, path, logs } = await buildGate(t, rule('hosts: app.example.test; allow: anyone'))
  const status = async () => (await ask('https://app.example.test/')).statusCode
  t.equal(await status(), 200)
  writeFileSync(path, rule('hosts: app.example.test; allow: nobody'))
  await app.accessRules.reload()
  t.equal(await status(), 200, 'the old rules stay in use')
  const line = logs.find(each => each.includes('failed to reload the access rules'))
  t.match(JSON.parse(line ?? '{}'), { level: 50, problems: [{ subject: `${path}:3:12` }] })
  writeFileSync(path, rule('hosts: app.example.test; allow: signed-in'))
  await app.accessRules.reload()
  t.equal(await status(), 401)
})

t.test('a reload renames the headers, also of requests without an account', async t => {
  const text = rule('hosts: app.example.test; allow: anyone')
  const { app, ask, path } = await buildGate(t, text)
  t.equal((await ask('https://app.example.test/')).headers['remote-user'], '')
  writeFileSync(path, `headers: { user: X-User }\n${text}`)
  await app.accessRules.reload()
  const { headers } = await ask('https://app.example.test/')
  t.match(headers, { 'x-user': '' })
  t.notOk('remote-user' in headers)
})

t.test('the first rule in the file decides, in whatever order the paths are', async t => {
  const paths = ['/', '/*', '/a', '/a/*', '/A/b', '/b/*', '/b', '/c/d/*', '/.hidden/*']
  const targets = ['/', '/a', '/a/', '/a/b', '/A/b', '/a/b/c', '/ab', '/b', '/b/x', '/c', '/c/d', '/c/d/e', '/x/../a']
  const find = (ordered: string[], target: string) => {
    const rules = parse('rules:\n' + ordered.map(path => `  - {hosts: h, paths: ${path}, allow: anyone}\n`).join(''))
    if (Array.isArray(rules)) throw new Error('valid')
    const request = { method: 'GET', scheme: 'https', host: { name: 'h', port: '' }, target } as const
    return rules.find(request)?.map(({ line }) => line)
  }
  for (const first of paths) {
    for (const second of paths) {
      for (const target of targets) {
        const [alone, other] = [find([first], target), find([second], target)]
        // A target that two servers read differently may be decided by both rules.
        if ((alone?.length ?? 1) > 1 || (other?.length ?? 1) > 1) continue
        const expected = alone ? [2] : other && [3]
        const found = find([first, second], target)
        if (found?.length === 2) continue
        t.strictSame(found, expected, `${first} before ${second}: ${target}`)
      }
    }
  }
})

t.test('the rules of a host are found among those of a thousand others', async t => {
  const text = (count: number) => 'rules:\n' + Array.from({ length: count }, (_, index) =>
    `  - {hosts: [app${index}.example.org, "*.w${index}.example.org"], allow: anyone}\n`).join('')
  const rules = parse(text(1000))
  if (Array.isArray(rules)) throw new Error('valid')
  const find = (name: string) => rules.find({
    method: 'GET', scheme: 'https', host: { name, port: '' }, target: '/'
  })?.[0].line
  t.equal(find('app999.example.org'), 1001)
  t.equal(find('x.y.w998.example.org'), 1000)
  t.equal(find('w998.example.org'), undefined, 'a wildcard needs a label')
  t.equal(find('evil-app1.example.org'), undefined)
})
