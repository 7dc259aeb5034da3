import type { Fetch } from './fetch.ts'

/** An issuer and the address of its keys, by default `{issuer}/.well-known/jwks.json`. */
export type Issuer = { issuer: string, jwksUri?: string }

export type VerifierOptions = {
  /** LANGFLOW_PUBLIC_URL of the Flowgate server. */
  issuer?: string
  /** Instead of `issuer`: several servers, each with its own keys. */
  issuers?: ReadonlyArray<string | Issuer>
  /** The name of this service in LANGFLOW_IDENTITY_AUDIENCES, or several names. */
  audience: string | readonly string[]
  /** With `issuer`: the address of the keys, for services that reach the server at another address than its clients. */
  jwksUri?: string
  /** Default: RS256, RS512, ES256 and EdDSA. */
  algorithms?: readonly Algorithm[]
  /** How long keys are used after their download. Default: 600. */
  cacheSeconds?: number
  /** The minimum time between two downloads of the keys. Default: 30. */
  cooldownSeconds?: number
  /** The time limit of a download. Default: 5. */
  timeoutSeconds?: number
  /** The accepted difference between the clocks of this machine and the server. Default: 5. */
  clockToleranceSeconds?: number
  /** Replaces the global `fetch`, for example to use a proxy. */
  fetch?: Fetch
  /** Replaces the clock, in milliseconds since 1970. For tests. */
  now?: () => number
}

const ALGORITHMS = ['RS256', 'RS512', 'ES256', 'EdDSA'] as const
export type Algorithm = typeof ALGORITHMS[number]

function requireUrl (name: string, value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (typeof value !== 'string' || !url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new TypeError(`${name} must be an http or https URL without credentials, query and fragment`)
  }
  return value
}

const BOUNDS = { cacheSeconds: 600, cooldownSeconds: 30, timeoutSeconds: 5, clockToleranceSeconds: 5 }

function readSeconds (options: VerifierOptions) {
  const seconds = { ...BOUNDS }
  for (const name of Object.keys(BOUNDS) as Array<keyof typeof BOUNDS>) { // the keys of a literal
    const value = options[name] ?? BOUNDS[name]
    const isPositive = name === 'clockToleranceSeconds' ? value >= 0 : value > 0
    if (!Number.isFinite(value) || !isPositive) throw new TypeError(`${name} must be a positive number`)
    seconds[name] = value
  }
  if (seconds.cacheSeconds < seconds.cooldownSeconds) {
    throw new TypeError('cacheSeconds must not be less than cooldownSeconds: keys would expire before their renewal')
  }
  return seconds
}

function readIssuers ({ issuer, issuers, jwksUri }: VerifierOptions): Array<Required<Issuer>> {
  if ((issuer === undefined) === (issuers === undefined)) throw new TypeError('set either issuer or issuers')
  if (issuers && jwksUri !== undefined) throw new TypeError('set jwksUri for each of the issuers')
  const listed = issuers ?? [{ issuer, jwksUri }]
  if (listed.length === 0) throw new TypeError('issuers must not be empty')
  const read = listed.map(item => {
    const given = typeof item === 'string' ? { issuer: item } : item
    const name = requireUrl('issuer', given.issuer).replace(/\/+$/, '') // as the server writes it into tokens
    return { issuer: name, jwksUri: requireUrl('jwksUri', given.jwksUri ?? `${name}/.well-known/jwks.json`) }
  })
  if (new Set(read.map(({ issuer }) => issuer)).size < read.length) throw new TypeError('issuers must be different')
  return read
}

/** Checks the options and fills in the defaults. @throws TypeError */
export function readOptions (options: VerifierOptions) {
  const audiences = typeof options.audience === 'string' ? [options.audience] : [...options.audience ?? []]
  if (audiences.length === 0 || audiences.some(name => typeof name !== 'string' || name === '')) {
    throw new TypeError('audience must be the name of this service')
  }
  const algorithms = [...options.algorithms ?? ALGORITHMS]
  const unknown = algorithms.filter(name => !ALGORITHMS.includes(name))
  if (algorithms.length === 0 || unknown.length > 0) {
    throw new TypeError(`algorithms must be some of ${ALGORITHMS.join(', ')}`)
  }
  const now = options.now ?? Date.now
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  return {
    ...readSeconds(options),
    issuers: readIssuers(options),
    audiences,
    algorithms,
    fetch,
    now,
    // A clock that is set back must not prolong the use of keys.
    steadyNow: options.now ?? (() => performance.now())
  }
}
