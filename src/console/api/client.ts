import createClient from 'openapi-fetch'
import type { components, paths } from '../generated/api.ts'
import { toFailure, unreachable } from './failures.ts'
import { signInAgain } from '../session/expiry.ts'

// Without what is always null.
export type User = Omit<components['schemas']['User'], 'store_api_key'>
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

/** For what is about the session itself: nothing is renewed, nobody is asked to sign in. */
export const plain = createClient<paths>({ fetch: reach })

/** An answer's content; a refusal is thrown. */
export async function ask<T> (answer: Promise<{ data?: T, error?: unknown, response: Response }>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw toFailure(response, error)
  return data as T // there is one whenever the answer is fine, and its type says undefined where it is empty
}

let renewal: Promise<boolean> | undefined

/** Exchanges the refresh token, once however many requests wait for it. False when the session is over. */
export function renew (): Promise<boolean> {
  renewal ??= plain.POST('/api/v1/refresh').then(({ error, response }) => {
    if (response.ok) return true
    if (response.status === 401) return false
    throw toFailure(response, error)
  }).finally(() => { renewal = undefined })
  return renewal
}

/** An expired cookie is one the browser no longer sends: then there are no credentials at all. */
async function isSignedOut (response: Response): Promise<boolean> {
  if (response.status === 401) return true
  if (response.status !== 403) return false
  const body: unknown = await response.clone().json().catch(() => undefined)
  return typeof body === 'object' && body !== null && 'code' in body && body.code === 'missing_credentials'
}

/** Sends a request; when the session has ended meanwhile, again after it was renewed or begun anew. */
async function reachSignedIn (request: Request): Promise<Response> {
  const again = request.clone()
  const response = await reach(request)
  if (!await isSignedOut(response)) return response
  return await renew() || await signInAgain() ? reach(again) : response
}

/** The API, typed by its own document; signed in by cookies. */
export const api = createClient<paths>({ fetch: reachSignedIn })
