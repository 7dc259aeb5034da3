import { isIP } from 'node:net'
import type { SetupProblem } from '../errors.ts'
import { allowedHostProblem, cookieDomainProblem, listenProblem, type Problem } from './hosts.ts'
import { publicUrlProblem } from './public-url.ts'
import type { SettingName, SettingValues } from './settings.ts'
import { audienceProblem } from './signing.ts'

// Values that pass these checks must not fail later, in a library or after the boot.

type Form = {
  name: SettingName
  of: (values: SettingValues) => ReadonlyArray<string | undefined>
  check: (text: string) => Problem | undefined
  /** Messages omit the value. */
  isSecret?: true
}

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~\da-z-]+$/i

const tokenProblem = (what: string, example: string) => (text: string): Problem | undefined => token.test(text)
  ? undefined
  : { problem: `is not the name of a ${what}`, remedy: `List names separated by commas, e.g. ${example}.` }

function originProblem (text: string): Problem | undefined {
  if (text === '*') return undefined
  if (text.includes('*')) return { problem: 'has a wildcard', remedy: 'List each origin, or use * alone for any.' }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    return url.origin === text ? undefined : { problem: 'is not an origin', remedy: `Use ${url.origin}.` }
  }
  return {
    problem: 'is not an origin',
    remedy: 'Use scheme, host and port only, e.g. https://app.example.org or http://127.0.0.1:3000.'
  }
}

/** Checks an address or a network. A prefix length of 0 would let every client forge its address. */
function networkProblem (text: string): Problem | undefined {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = address.includes('%') ? 0 : isIP(address)
  const bits = family === 4 ? 32 : 128
  if (family !== 0 && /^0+$/.test(prefix ?? '')) {
    return { problem: 'trusts every address', remedy: 'List only the addresses of the proxies.' }
  }
  const isNetwork = family !== 0 && rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  if (isNetwork) return undefined
  const remedy = 'List addresses or networks, e.g. 127.0.0.1,10.0.0.0/8.'
  return { problem: 'is neither an address nor a network', remedy }
}

function collectorProblem (text: string): Problem | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) return { problem: 'is not a URL', remedy: 'Use e.g. http://127.0.0.1:4318.' }
  if (url.username !== '' || url.password !== '') {
    const remedy = 'Set them as a header in OTEL_EXPORTER_OTLP_HEADERS.'
    return { problem: 'contains a user name or password', remedy }
  }
  return url.search !== '' || url.hash !== ''
    ? { problem: 'has a query or a fragment', remedy: 'Remove it; /v1/traces is appended to the URL.' }
    : undefined
}

const canDecode = (text: string) => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** Checks a URL for the Redis client. */
function redisProblem (text: string): Problem | undefined {
  if (text === 'memory://') return undefined
  const remedy = 'Use redis://USER:PASSWORD@HOST:PORT/NUMBER, with special characters percent-encoded.'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) return { problem: 'is not a URL', remedy }
  if (url.hostname === '') return { problem: 'has no host', remedy }
  if (!canDecode(url.username) || !canDecode(url.password)) {
    return { problem: 'has a % in its user name or password that is not percent-encoded', remedy }
  }
  return /^\/?\d{0,9}$/.test(url.pathname) ? undefined : { problem: 'has a database that is not a number', remedy }
}

/** Checks a variable name. An impossible name would be skipped without a warning. */
const variableProblem = (text: string): Problem | undefined => /^[^\s=]{1,255}$/.test(text)
  ? undefined
  : { problem: 'is not the name of a variable', remedy: 'List names separated by commas, e.g. OPENAI_API_KEY.' }

const forms: Form[] = [
  { name: 'LANGFLOW_HOST', of: ({ host }) => [host], check: listenProblem },
  { name: 'LANGFLOW_PUBLIC_URL', of: ({ publicUrl }) => [publicUrl], check: publicUrlProblem },
  { name: 'LANGFLOW_PROMETHEUS_HOST', of: ({ prometheusHost }) => [prometheusHost], check: listenProblem },
  { name: 'LANGFLOW_ALLOWED_HOSTS', of: ({ allowedHosts }) => allowedHosts, check: allowedHostProblem },
  { name: 'LANGFLOW_COOKIE_DOMAIN', of: ({ cookieDomain }) => [cookieDomain], check: cookieDomainProblem },
  { name: 'LANGFLOW_TRUSTED_PROXIES', of: ({ trustedProxies }) => trustedProxies, check: networkProblem },
  { name: 'LANGFLOW_IDENTITY_AUDIENCES', of: ({ identityAudiences }) => identityAudiences, check: audienceProblem },
  { name: 'LANGFLOW_CORS_ORIGINS', of: ({ corsOrigins }) => corsOrigins, check: originProblem },
  {
    name: 'LANGFLOW_CORS_ALLOW_METHODS',
    of: ({ corsAllowMethods }) => corsAllowMethods,
    check: tokenProblem('method', 'GET,POST')
  },
  {
    name: 'LANGFLOW_CORS_ALLOW_HEADERS',
    of: ({ corsAllowHeaders }) => corsAllowHeaders,
    check: tokenProblem('header', 'authorization,content-type')
  },
  {
    name: 'LANGFLOW_RATE_LIMIT_STORAGE_URI',
    of: ({ rateLimitStorageUri }) => [rateLimitStorageUri],
    check: redisProblem,
    isSecret: true
  },
  {
    name: 'LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT',
    of: ({ variablesToGetFromEnvironment }) => variablesToGetFromEnvironment,
    check: variableProblem
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    of: ({ otelExporterOtlpEndpoint }) => [otelExporterOtlpEndpoint],
    check: collectorProblem,
    isSecret: true
  }
]

/** Finds values that have the right type but an invalid form. Reports one problem per setting. */
export function formMistakes (values: SettingValues): SetupProblem[] {
  return forms.flatMap(({ name, of, check, isSecret }) => {
    const [first] = of(values).flatMap(text => {
      if (text === undefined) return []
      const found = check(text)
      return found ? [{ text, ...found }] : []
    })
    if (!first) return []
    const mayShow = !isSecret && !first.text.includes('@') // an `@` may follow a password in a URL
    const problem = mayShow ? `${JSON.stringify(first.text)} ${first.problem}` : first.problem
    return [{ subject: name, problem, remedy: first.remedy }]
  })
}
