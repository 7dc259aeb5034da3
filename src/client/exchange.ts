import type { components } from '../generated/api.ts'
import { toError } from './errors.ts'
import { type Send, untilAborted } from './send.ts'
import type { Session } from './session.ts'

/** A token that identifies the account to another service. */
export type IdentityToken = Readonly<{ accessToken: string, scopes: readonly string[], expiresAt: Date }>

export type ExchangeRequest = {
  /** The service, as LANGFLOW_IDENTITY_AUDIENCES lists it. */
  audience: string
  /** Scopes separated by blanks. Default: those of the credential. */
  scope?: string
  signal?: AbortSignal
}

type Kept = { token: Promise<IdentityToken>, freshUntil: number }

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

type Options = { address: string, send: Send, session: Session, now: () => number }

/** Exchanges the credential of the client for identity tokens (RFC 8693). Reuses each one for half of its lifetime. */
export function createExchange ({ address, send, session, now }: Options) {
  const kept = new Map<string, Kept>()

  // RFC 8693, 2.2.2: also the error of a subject token that is not valid.
  const isRefused = async (response: Response) =>
    response.status === 400 && (await toError(response.clone())).code === 'invalid_request'

  async function exchange (audience: string, scope: string | undefined): Promise<IdentityToken & { halfAt: number }> {
    // Shared by several callers: none of them can abort it.
    const { signal } = new AbortController()
    const response = await session.withCredential(credential => send.send(new Request(address, {
      method: 'POST',
      redirect: 'error',
      body: new URLSearchParams({
        grant_type: GRANT_TYPE,
        subject_token: credential,
        subject_token_type: ACCESS_TOKEN,
        audience,
        ...(scope !== undefined && { scope })
      })
    }), true), signal, isRefused)
    if (!response.ok) throw await toError(response)
    const body = await response.json() as components['schemas']['ExchangeResponse'] // a successful response
    return {
      accessToken: body.access_token,
      scopes: body.scope.split(' ').filter(scope => scope !== ''),
      expiresAt: new Date(now() + body.expires_in * 1000),
      halfAt: now() + body.expires_in * 500
    }
  }

  function forgetStale () {
    for (const [key, { freshUntil }] of kept) if (freshUntil <= now()) kept.delete(key)
  }

  function start (key: string, audience: string, scope: string | undefined): Kept {
    const entry: Kept = {
      freshUntil: Infinity,
      token: exchange(audience, scope).then(({ halfAt, ...token }) => {
        entry.freshUntil = halfAt
        return token
      }, error => {
        kept.delete(key)
        throw error
      })
    }
    kept.set(key, entry)
    return entry
  }

  return async function exchangeToken ({ audience, scope, signal }: ExchangeRequest): Promise<IdentityToken> {
    signal?.throwIfAborted()
    forgetStale()
    const key = JSON.stringify([audience, scope])
    const { token } = kept.get(key) ?? start(key, audience, scope)
    return signal ? untilAborted(token, signal) : token
  }
}
