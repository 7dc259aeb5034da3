import { isIP } from 'node:net'
import type { SetupProblem } from '../errors.ts'
import { allowedHostMisfit, cookieDomainMisfit, listenMisfit, type Misfit } from './hosts.ts'
import type { SettingName, SettingValues } from './settings.ts'

// What passes here must not fail later: in a library during a request, or in a start after the checks.

type Form = {
  name: SettingName
  of: (values: SettingValues) => ReadonlyArray<string | undefined>
  misfit: (text: string) => Misfit | undefined
  /** Whether messages leave the value out. */
  isSecret?: true
}

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~\da-z-]+$/i

const tokenMisfit = (what: string, example: string) => (text: string): Misfit | undefined => token.test(text)
  ? undefined
  : { problem: `is not the name of a ${what}`, remedy: `Write names separated by commas, e.g. ${example}.` }

function originMisfit (text: string): Misfit | undefined {
  if (text === '*') return undefined
  if (text.includes('*')) return { problem: 'has a wildcard', remedy: 'Name each origin, or write * alone for any.' }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    return url.origin === text ? undefined : { problem: 'is not an origin', remedy: `Write ${url.origin}.` }
  }
  return {
    problem: 'is not an origin',
    remedy: 'Write scheme, host and port only, e.g. https://app.example.org or http://127.0.0.1:3000.'
  }
}

/** Checks an address or a network. A prefix of 0 would let every client forge its address. */
function networkMisfit (text: string): Misfit | undefined {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = address.includes('%') ? 0 : isIP(address)
  const bits = family === 4 ? 32 : 128
  if (family !== 0 && /^0+$/.test(prefix ?? '')) {
    return { problem: 'trusts every address', remedy: 'Name the addresses of the proxies alone.' }
  }
  const isNetwork = family !== 0 && rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  if (isNetwork) return undefined
  const remedy = 'Write addresses or networks, e.g. 127.0.0.1,10.0.0.0/8.'
  return { problem: 'is neither an address nor a network', remedy }
}

function collectorMisfit (text: string): Misfit | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) return { problem: 'is not a URL', remedy: 'Write e.g. http://127.0.0.1:4318.' }
  if (url.username !== '' || url.password !== '') {
    const remedy = 'Set them as a header in OTEL_EXPORTER_OTLP_HEADERS.'
    return { problem: 'has a user name or password in it', remedy }
  }
  return url.search !== '' || url.hash !== ''
    ? { problem: 'has a query or a fragment', remedy: 'Write the URL without it; /v1/traces is appended.' }
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

/** What the Redis client asks of a URL. */
function redisMisfit (text: string): Misfit | undefined {
  if (text === 'memory://') return undefined
  const remedy = 'Write redis://USER:PASSWORD@HOST:PORT/NUMBER, with special characters percent-encoded.'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) return { problem: 'is not a URL', remedy }
  if (url.hostname === '') return { problem: 'has no host', remedy }
  if (!canDecode(url.username) || !canDecode(url.password)) {
    return { problem: 'has a % in its user name or password that is not percent-encoding', remedy }
  }
  return /^\/?\d{0,9}$/.test(url.pathname) ? undefined : { problem: 'names a database that is not a number', remedy }
}

/** A name that no variable can have would be left out without a warning. */
const variableMisfit = (text: string): Misfit | undefined => /^[^\s=]{1,255}$/.test(text)
  ? undefined
  : { problem: 'is not the name of a variable', remedy: 'Write names separated by commas, e.g. OPENAI_API_KEY.' }

const forms: Form[] = [
  { name: 'LANGFLOW_HOST', of: ({ host }) => [host], misfit: listenMisfit },
  { name: 'LANGFLOW_PROMETHEUS_HOST', of: ({ prometheusHost }) => [prometheusHost], misfit: listenMisfit },
  { name: 'LANGFLOW_ALLOWED_HOSTS', of: ({ allowedHosts }) => allowedHosts, misfit: allowedHostMisfit },
  { name: 'LANGFLOW_COOKIE_DOMAIN', of: ({ cookieDomain }) => [cookieDomain], misfit: cookieDomainMisfit },
  { name: 'LANGFLOW_TRUSTED_PROXIES', of: ({ trustedProxies }) => trustedProxies, misfit: networkMisfit },
  { name: 'LANGFLOW_CORS_ORIGINS', of: ({ corsOrigins }) => corsOrigins, misfit: originMisfit },
  {
    name: 'LANGFLOW_CORS_ALLOW_METHODS',
    of: ({ corsAllowMethods }) => corsAllowMethods,
    misfit: tokenMisfit('method', 'GET,POST')
  },
  {
    name: 'LANGFLOW_CORS_ALLOW_HEADERS',
    of: ({ corsAllowHeaders }) => corsAllowHeaders,
    misfit: tokenMisfit('header', 'authorization,content-type')
  },
  {
    name: 'LANGFLOW_RATE_LIMIT_STORAGE_URI',
    of: ({ rateLimitStorageUri }) => [rateLimitStorageUri],
    misfit: redisMisfit,
    isSecret: true
  },
  {
    name: 'LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT',
    of: ({ variablesToGetFromEnvironment }) => variablesToGetFromEnvironment,
    misfit: variableMisfit
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    of: ({ otelExporterOtlpEndpoint }) => [otelExporterOtlpEndpoint],
    misfit: collectorMisfit,
    isSecret: true
  }
]

/** Values that have the right type and not the form that their use asks for, one problem for each setting. */
export function formMistakes (values: SettingValues): SetupProblem[] {
  return forms.flatMap(({ name, of, misfit, isSecret }) => {
    const [first] = of(values).flatMap(text => {
      if (text === undefined) return []
      const found = misfit(text)
      return found ? [{ text, ...found }] : []
    })
    if (!first) return []
    const mayShow = !isSecret && !first.text.includes('@') // a URL may have a password before it
    const problem = mayShow ? `${JSON.stringify(first.text)} ${first.problem}` : first.problem
    return [{ subject: name, problem, remedy: first.remedy }]
  })
}
