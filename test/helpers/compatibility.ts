import { readFileSync } from 'node:fs'
import { callers, type Cast } from './callers.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The cells of all table rows whose first cells match the patterns. */
export const rowsOf = (path: string, pattern: RegExp) =>
  [...read(path).matchAll(pattern)].map(match => match.slice(1).map(cell => cell ?? ''))

/** The rows of COMPATIBILITY.md: verdict, subject, request, response, reason. */
export const compatibility = rowsOf('COMPATIBILITY.md',
  /^\| (same|added|different) \| (.+?) \| `(.+?)` \| `(.+?)` \| ?(.*?) ?\|$/gm)

/** Longest first, so that "ada's key" is not read as ada. */
const names = Object.keys(callers).sort((a, b) => b.length - a.length)

/** A request in the notation of the documents. */
export type Request = {
  caller: string, method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, isForm: boolean, body: string
}

/** Parses a request of a document: caller, method, path, body. */
export function parseRequest (text: string): Request {
  const caller = names.find(name => text.startsWith(`${name} `)) ?? ''
  const [, method, path = '', form, body = ''] =
    /^(GET|POST|PATCH|PUT|DELETE) (\S+)(?: (form))?(?: (.+))?$/.exec(text.slice(caller.length + 1)) ?? []
  return { caller, method: method as Request['method'], path, isForm: form !== undefined, body } // matched above
}

/** Sends a request of a document as one of the callers. */
export async function sendRequest (request: Request, cast: Cast, named: (text: string) => string) {
  const { caller, method, path, isForm, body } = request
  const { headers = {}, cookies = {}, query } = await callers[caller]?.(cast) ?? {}
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
  return cast.built.app.inject({
    method,
    url: `/api/v1${named(path)}${query ? `?${query}` : ''}`,
    headers: { ...headers, ...(body ? { 'content-type': type } : {}) },
    cookies,
    ...(body ? { payload: isForm ? new URLSearchParams(JSON.parse(named(body))).toString() : named(body) } : {})
  })
}
