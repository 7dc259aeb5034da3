import type { components } from '../generated/api.ts'
import { FlowgateError, toError } from './errors.ts'
import { discard, type Send, untilAborted } from './send.ts'

/** The tokens of a session. Without a refresh token, the session ends with its access token. */
export type Tokens = Readonly<{ accessToken: string, refreshToken?: string }>

/** How the client authenticates: with an API key, with the tokens of a session, or by signing in. */
export type Credentials =
  | { apiKey: string, tokens?: never, username?: never, password?: never }
  | { tokens: Tokens, apiKey?: never, username?: never, password?: never }
  | { username: string, password: string, tokens?: Tokens, apiKey?: never }

type Options = {
  credentials: Credentials
  /** The address of an endpoint. */
  addressOf: (path: string) => string
  send: Send
  onTokens: (tokens: Tokens) => unknown
}

/** Failures that a new access token can solve. */
const RENEWABLE = new Set<string>(['invalid_token', 'expired_token', 'session_ended'])

/** Authenticates requests. Signs in and refreshes once for all waiting requests. */
export function createSession ({ credentials, addressOf, send, onTokens }: Options) {
  const { apiKey, username, password } = credentials
  let tokens = credentials.tokens
  let pending: Promise<Tokens> | undefined

  async function request (path: string, init: RequestInit): Promise<Tokens> {
    const response = await send.succeed(new Request(addressOf(path), { method: 'POST', redirect: 'error', ...init }))
    const body = await response.json() as components['schemas']['Tokens'] // the schema of a successful response
    tokens = { accessToken: body.access_token, refreshToken: body.refresh_token }
    await onTokens(tokens)
    return tokens
  }

  function signIn (): Promise<Tokens> {
    if (username === undefined || password === undefined) throw new TypeError('the client has no password')
    return request('/api/v1/login', { body: new URLSearchParams({ username, password }) })
  }

  async function refresh (): Promise<Tokens> {
    const canSignIn = username !== undefined
    if (tokens?.refreshToken === undefined) {
      if (canSignIn) return signIn()
      throw new FlowgateError({ status: 401, code: 'expired_token', detail: 'The access token has expired' })
    }
    try {
      return await request('/api/v1/refresh', { headers: { cookie: `refresh_token_lf=${tokens.refreshToken}` } })
    } catch (error) {
      if (canSignIn && error instanceof FlowgateError && error.status === 401) return signIn()
      throw error
    }
  }

  const shared = (start: () => Promise<Tokens>) => {
    pending ??= start().finally(() => { pending = undefined })
    return pending
  }

  /** The access token, or a newer one than the token that was refused. */
  async function accessToken (signal: AbortSignal, refused?: string): Promise<string> {
    if (tokens && tokens.accessToken !== refused && !pending) return tokens.accessToken
    return (await untilAborted(shared(tokens ? refresh : signIn), signal)).accessToken
  }

  /**
   * Sends a request with the credential. If its access token is refused, sends it again with a new one.
   * @param isRefused whether a response means that the access token is not valid
   */
  async function withCredential (
    attempt: (credential: string) => Promise<Response>, signal: AbortSignal,
    isRefused: (response: Response) => Promise<boolean>
  ): Promise<Response> {
    if (apiKey !== undefined) return attempt(apiKey)
    const token = await accessToken(signal)
    const response = await attempt(token)
    if (!await isRefused(response)) return response
    discard(response)
    return attempt(await accessToken(signal, token))
  }

  const isTokenRefused = async (response: Response) =>
    response.status === 401 && RENEWABLE.has((await toError(response.clone())).code)

  return {
    withCredential,

    /** Sends a request of the API. @throws FlowgateError for an error response */
    async fetch (original: Request): Promise<Response> {
      const response = await withCredential(credential => {
        const request = original.clone()
        if (apiKey === undefined) request.headers.set('authorization', `Bearer ${credential}`)
        else request.headers.set('x-api-key', credential)
        return send.send(request)
      }, original.signal, isTokenRefused)
      if (!response.ok) throw await toError(response)
      return response
    }
  }
}

export type Session = ReturnType<typeof createSession>
