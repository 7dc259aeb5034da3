import type { JSONWebKeySet, JWK } from 'jose'
import type { Fetch, FetchedResponse } from './fetch.ts'

/** More than 100 RSA keys of 4096 bits. */
const BYTES_MAX = 131_072
const KEYS_MAX = 100
/** 2048 bits in Base64url. */
const MODULUS_LENGTH_MIN = 342

async function readText ({ body }: FetchedResponse): Promise<string> {
  const reader = body?.getReader()
  if (!reader) throw new Error('the response has no content')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    if (!value) continue
    bytes += value.length
    if (bytes > BYTES_MAX) {
      reader.cancel().catch(() => {}) // the connection may be closed already
      throw new Error(`the response is longer than ${BYTES_MAX} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Public keys with a key ID. Symmetric keys are never used, and RSA keys have at least 2048 bits. */
function isUsable (key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null || !('kid' in key) || !('kty' in key)) return false
  if (typeof key.kid !== 'string' || 'd' in key || 'k' in key) return false
  if (key.kty !== 'RSA') return key.kty === 'EC' || key.kty === 'OKP'
  return 'n' in key && typeof key.n === 'string' && key.n.length >= MODULUS_LENGTH_MIN
}

/** @throws Error if the server is not reachable or its answer is not a key set */
async function load (url: string, fetch: Fetch, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal })
  if (response.status !== 200) {
    response.body?.getReader().cancel().catch(() => {})
    throw new Error(`the response has status ${response.status}`)
  }
  const content: unknown = JSON.parse(await readText(response))
  const listed = typeof content === 'object' && content !== null && 'keys' in content ? content.keys : undefined
  const keys = Array.isArray(listed) ? listed.slice(0, KEYS_MAX).filter(isUsable) : []
  if (keys.length === 0) throw new Error('the response contains no public keys')
  return { keys }
}

/** Downloads a key set within a time limit, which also holds if `fetch` ignores its signal. */
export async function download (url: string, fetch: Fetch, timeoutSeconds: number): Promise<JSONWebKeySet> {
  const aborter = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no response within ${timeoutSeconds} s`)
      reject(error)
      aborter.abort(error)
    }, timeoutSeconds * 1000)
  })
  try {
    return await Promise.race([load(url, fetch, aborter.signal), timeout])
  } finally {
    clearTimeout(timer)
  }
}
