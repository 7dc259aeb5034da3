import createFetchClient, {
  type Client as FetchClient, type ClientPathsWithMethod, type FetchResponse, type MaybeOptionalInit
} from 'openapi-fetch'
import type { paths } from '../generated/api.ts'
import { createExchange, type ExchangeRequest, type IdentityToken } from './exchange.ts'
import { createSend, type Fetch } from './send.ts'
import { createSession, type Credentials, type Tokens } from './session.ts'

export type ClientOptions = Credentials & {
  /** LANGFLOW_PUBLIC_URL of the server. It may have a path. */
  baseUrl: string
  /** Called after each sign-in and refresh. The client waits for it before it uses the tokens. */
  onTokens?: (tokens: Tokens) => unknown
  /** How often a request is sent at most, if the server asks for a pause with Retry-After. Default: 3. */
  attemptsMax?: number
  /** The longest pause that the client waits for. Default: 30. */
  waitSecondsMax?: number
  /** Replaces the global `fetch`, for example to use a proxy. */
  fetch?: Fetch
  /** Replaces the timer. For tests. */
  wait?: (seconds: number) => Promise<void>
  /** Replaces the clock, in milliseconds since 1970. For tests. */
  now?: () => number
}

type Methods = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Media = `${string}/${string}`
/** The content of a successful response; undefined if it has none. */
type Data<T> = [T] extends [never] ? undefined : T
/** The options are optional where the operation has no required parameters and no required body. */
type Init<T> = undefined extends T ? [init?: T] : [init: T]

type Call<Method extends Methods> = <
  Path extends ClientPathsWithMethod<FetchClient<paths>, Method>, Options extends MaybeOptionalInit<paths[Path], Method>
>(path: Path, ...init: Init<Options>) => Promise<{
  data: Data<Exclude<FetchResponse<paths[Path][Method] & {}, Options, Media>['data'], undefined>>
  response: Response
}>

/** A client of one Flowgate server. Its calls resolve to successful responses, and reject with FlowgateError. */
export type Client = Readonly<{
  GET: Call<'get'>
  POST: Call<'post'>
  PUT: Call<'put'>
  PATCH: Call<'patch'>
  DELETE: Call<'delete'>
  /** A token that identifies the account to another service. Reused for half of its lifetime. */
  exchangeToken: (request: ExchangeRequest) => Promise<IdentityToken>
}>

/** Header values. `fetch` would quote other texts in its error messages. */
const isCredential = (value: unknown) => value === undefined || (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value))

function requireCredentials ({ apiKey, tokens, username, password }: Credentials): void {
  if (![apiKey, tokens?.accessToken, tokens?.refreshToken].every(isCredential)) {
    throw new TypeError('API keys and tokens must be texts without blanks and control characters')
  }
  // Tokens beside a password are those of an earlier run.
  const kinds = [apiKey, username, username === undefined ? tokens : undefined].filter(kind => kind !== undefined)
  if (kinds.length !== 1) {
    throw new TypeError('set either apiKey, tokens, or username and password')
  }
  if ((username === undefined) !== (password === undefined)) throw new TypeError('set both username and password')
}

function requireBaseUrl (baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError('baseUrl must be an http or https URL without credentials, query and fragment')
  }
  return baseUrl.replace(/\/+$/, '')
}

/**
 * Creates a client of a Flowgate server.
 * @throws TypeError if the options are not valid
 */
export function createClient (options: ClientOptions): Client {
  requireCredentials(options)
  const baseUrl = requireBaseUrl(options.baseUrl)
  const addressOf = (path: string) => baseUrl + path
  const send = createSend({
    fetch: options.fetch ?? (request => globalThis.fetch(request)),
    attemptsMax: options.attemptsMax ?? 3,
    waitSecondsMax: options.waitSecondsMax ?? 30,
    wait: options.wait ?? (seconds => new Promise(resolve => { setTimeout(resolve, seconds * 1000) }))
  })
  const { onTokens = () => {}, now = Date.now } = options
  const session = createSession({ credentials: options, addressOf, send, onTokens })
  // A redirect would send API keys to another server.
  const { GET, POST, PUT, PATCH, DELETE } = createFetchClient<paths>({
    baseUrl, redirect: 'error', fetch: session.fetch
  })
  const exchangeToken = createExchange({ address: addressOf('/oauth2/token'), send, session, now })
  // session.fetch throws for error responses: their half of the result types does not occur.
  return { GET, POST, PUT, PATCH, DELETE, exchangeToken } as unknown as Client
}
