import { isMap, isScalar } from 'yaml'
import { usernameKey } from '../usernames.ts'
import { readHostPattern } from './hosts.ts'
import { type Entry, type Mistake, openYaml, type Value, type Yaml } from './nodes.ts'
import { readPathPattern } from './paths.ts'
import { type AccessRule, type AccessRules, compileRules, defaultHeaders, type Requirements } from './rules.ts'

/** What rules may name: it depends on the version and on the settings. */
export type Known = { groups: readonly string[], scopes: readonly string[], audiences: readonly string[] }

const RULES_MAX = 10_000

const anyAccount: Requirements = { accounts: [], groups: [], scopes: [], secondFactor: false }
const words: Readonly<Record<string, AccessRule['allow']>> = {
  anyone: 'anyone',
  'signed-in': anyAccount,
  superusers: { ...anyAccount, groups: ['superusers'] }
}

/** RFC 9110, 5.6.2, without underscores: proxies drop or rename such headers. */
const headerName = /^[a-z\d][a-z\d-]*$/i

/** Headers with a meaning between the client, the proxies and the app. */
const reserved = new RegExp('^(?:connection|content-.*|cookie|host|keep-alive|proxy-.*|set-cookie|te|trailer|' +
  'transfer-encoding|upgrade|via|forwarded|x-forwarded-.*|x-real-ip|x-api-key|www-authenticate|location|' +
  'cache-control|date|sec-.*|origin|accept.*|server|vary|etag)$', 'i')

const quoted = (values: readonly string[]) => values.length === 0 ? 'none' : values.map(each => `\`${each}\``).join(', ')

function readHeaders (yaml: Yaml, entry: Entry | undefined) {
  if (!entry) return defaultHeaders
  const names = { user: 'user', user_id: 'userId', groups: 'groups', scopes: 'scopes', token: 'token' } as const
  const headers: Record<string, string> = { ...defaultHeaders }
  const used = new Set<string>()
  for (const { key, value } of yaml.entriesOf(entry.value, '`headers`', Object.keys(names)).values()) {
    const name = yaml.textOf(value, `\`${key}\``)
    if (name === undefined) continue
    if (!headerName.test(name)) yaml.report(value, `${JSON.stringify(name)} is not a header name of letters, digits and hyphens`)
    else if (reserved.test(name) || (key !== 'token' && /^authorization$/i.test(name))) yaml.report(value, `${name} has another meaning in HTTP`)
    headers[names[key as keyof typeof names]] = name // entriesOf returns allowed names only
  }
  for (const name of Object.values(headers)) {
    if (used.has(name.toLowerCase())) yaml.report(entry.keyNode, `${name} is used twice`)
    used.add(name.toLowerCase())
  }
  return headers as typeof defaultHeaders // the members of defaultHeaders
}

function readHosts (yaml: Yaml, entry: Entry) {
  return yaml.textsOf(entry.value, '`hosts`').flatMap(({ text, node }) => {
    const pattern = readHostPattern(text)
    if (typeof pattern !== 'string') return [pattern]
    yaml.report(node, `the host ${JSON.stringify(text)} ${pattern}`)
    return []
  })
}

function readPaths (yaml: Yaml, entry: Entry) {
  return yaml.textsOf(entry.value, '`paths`').flatMap(({ text, node }) => {
    const pattern = readPathPattern(text)
    if (typeof pattern !== 'string') return [pattern]
    yaml.report(node, `the path ${JSON.stringify(text)} ${pattern}`)
    return []
  })
}

function readMethods (yaml: Yaml, entry: Entry) {
  return new Set(yaml.textsOf(entry.value, '`methods`').map(({ text, node }) => {
    if (!/^[a-z-]+$/i.test(text)) yaml.report(node, `${JSON.stringify(text)} is not a method, e.g. GET`)
    return text.toUpperCase()
  }))
}

function readOrigins (yaml: Yaml, entry: Entry) {
  return new Set(yaml.textsOf(entry.value, '`origins`').map(({ text, node }) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || !/^https?:$/.test(url.protocol) || url.origin !== text) {
      yaml.report(node, `${JSON.stringify(text)} is not an origin, e.g. https://app.example.org`)
    }
    return text
  }))
}

/** Reads a list of names that must exist. */
function readKnown (yaml: Yaml, entry: Entry | undefined, known: readonly string[], what: string): string[] {
  if (!entry) return []
  return yaml.textsOf(entry.value, `\`${entry.key}\``).map(({ text, node }) => {
    if (!known.includes(text)) {
      yaml.report(node, `the ${what} ${JSON.stringify(text)} does not exist; there are: ${quoted(known)}`)
    }
    return text
  })
}

function readAllow (yaml: Yaml, { value }: Entry, known: Known): AccessRule['allow'] | undefined {
  if (isScalar(value)) {
    const word = typeof value.value === 'string' ? words[value.value] : undefined
    return word ?? yaml.report(value, `\`allow\` must be ${quoted(Object.keys(words))}, or a mapping with \`accounts\`, ` +
      '`groups`, `scopes`, `second_factor`')
  }
  const entries = yaml.entriesOf(value, '`allow`', ['accounts', 'groups', 'scopes', 'second_factor'])
  if (isMap(value) && value.items.length === 0) yaml.report(value, '`allow` is empty; write `signed-in`')
  const factor = entries.get('second_factor')?.value
  if (factor && !(isScalar(factor) && factor.value === true)) yaml.report(factor, '`second_factor` must be true')
  const accounts = entries.get('accounts')
  return {
    accounts: accounts ? yaml.textsOf(accounts.value, '`accounts`').map(({ text }) => usernameKey(text)) : [],
    groups: readKnown(yaml, entries.get('groups'), known.groups, 'group'),
    scopes: readKnown(yaml, entries.get('scopes'), known.scopes, 'scope'),
    secondFactor: factor !== undefined
  }
}

function readAudience (yaml: Yaml, entry: Entry | undefined, { audiences }: Known): string | undefined {
  if (!entry) return undefined
  const audience = yaml.textOf(entry.value, '`audience`')
  if (audience !== undefined && !audiences.includes(audience)) {
    yaml.report(entry.value, `the audience ${JSON.stringify(audience)} is not in LANGFLOW_IDENTITY_AUDIENCES`)
  }
  return audience
}

function readRule (yaml: Yaml, node: Value, known: Known): AccessRule[] {
  const entries = yaml.entriesOf(node, 'a rule', ['hosts', 'paths', 'methods', 'allow', 'origins', 'audience'])
  if (!isMap(node)) return []
  const [hosts, paths, methods] = [entries.get('hosts'), entries.get('paths'), entries.get('methods')]
  const [allow, origins] = [entries.get('allow'), entries.get('origins')]
  if (!hosts) yaml.report(node, 'the rule has no `hosts`')
  if (!allow) yaml.report(node, 'the rule has no `allow`')
  return [{
    line: yaml.lineOf(node),
    hosts: hosts ? readHosts(yaml, hosts) : [],
    paths: paths && readPaths(yaml, paths),
    methods: methods && readMethods(yaml, methods),
    allow: (allow && readAllow(yaml, allow, known)) ?? anyAccount, // a mistake was reported
    origins: origins ? readOrigins(yaml, origins) : new Set(),
    audience: readAudience(yaml, entries.get('audience'), known)
  }]
}

/**
 * Parses a file of access rules.
 * @param text YAML 1.2
 * @returns the compiled rules, or all mistakes in the order of the file
 */
export function parseAccessRules (text: string, known: Known): AccessRules | Mistake[] {
  const yaml = openYaml(text)
  const { mistakes } = yaml
  // A document that YAML cannot read would cause further, misleading mistakes.
  if (mistakes.length > 0) return mistakes
  const entries = yaml.entriesOf(yaml.root, 'the file', ['rules', 'headers'])
  const rules = entries.get('rules')
  if (yaml.root && entries.size > 0 && !rules) yaml.report(yaml.root, 'the file has no `rules`')
  const headers = readHeaders(yaml, entries.get('headers'))
  const items = rules ? yaml.itemsOf(rules.value, '`rules`') : []
  if (rules && items.length === 0 && mistakes.length === 0) {
    yaml.report(rules.keyNode, '`rules` is empty: every request would be refused')
  }
  if (items.length > RULES_MAX) yaml.report(rules?.keyNode, `there are more than ${RULES_MAX} rules`)
  const read = items.slice(0, RULES_MAX).flatMap(item => readRule(yaml, item, known))
  return mistakes.length > 0
    ? mistakes.sort((a, b) => a.line - b.line || a.column - b.column)
    : compileRules(read, headers)
}
