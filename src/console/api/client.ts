import createClient from 'openapi-fetch'
import { basePath as baseUrl } from '../base-path.ts'
import type { components, paths } from '../generated/api.ts'
import { toFailure, unreachable } from './failures.ts'
import { signInAgain } from '../session/expired-session.ts'

// `store_api_key` is always null.
export type User = Omit<components['schemas']['User'], 'store_api_key'>
export type Account = Omit<components['schemas']['Account'], 'user'> & { user: User }
export type Session = components['schemas']['Session']
export type ApiKey = components['schemas']['ApiKey']
export type ApiKeyCreated = components['schemas']['ApiKeyCreated']
export type Variable = components['schemas']['Variable']
export type Flow = components['schemas']['Flow']
export type FlowPage = components['schemas']['FlowPage']
export type Project = Omit<components['schemas']['Project'], 'parent_id' | 'auth_settings'>

async function reach (request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable()
  }
}

/** For requests about the session: does not renew the session or ask to sign in again. */
export const plain = createClient<paths>({ baseUrl, fetch: reach })

/** The content of a response. @throws ApiFailure for an error response */
export async function ask<T> (request: Promise<{ data?: T, error?: unknown, response: Response }>): Promise<T> {
  const { data, error, response } = await request
  if (!response.ok) throw toFailure(response, error)
  return data as T // present in every successful response; undefined where the response is empty
}

let renewal: Promise<boolean> | undefined

/** Refreshes the session once for all waiting requests. False when the session has ended. */
export function renew (): Promise<boolean> {
  renewal ??= plain.POST('/api/v1/refresh').then(({ error, response }) => {
    if (response.ok) return true
    if (response.status === 401) return false
    throw toFailure(response, error)
  }).finally(() => { renewal = undefined })
  return renewal
}

/** Browsers do not send expired cookies, so the request had no credentials. */
async function isSignedOut (response: Response): Promise<boolean> {
  if (response.status === 401) return true
  if (response.status !== 403) return false
  const body: unknown = await response.clone().json().catch(() => undefined)
  return typeof body === 'object' && body !== null && 'code' in body && body.code === 'missing_credentials'
}

/** Sends a request. When the session has ended, sends it again after a refresh or a new sign-in. */
async function reachSignedIn (request: Request): Promise<Response> {
  const again = request.clone()
  const response = await reach(request)
  if (!await isSignedOut(response)) return response
  return await renew() || await signInAgain() ? reach(again) : response
}

/** The API client, typed by the OpenAPI document and authenticated by cookies. */
export const api = createClient<paths>({ baseUrl, fetch: reachSignedIn })
