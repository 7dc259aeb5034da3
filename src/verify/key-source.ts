import { createLocalJWKSet, errors, type CryptoKey } from 'jose'
import { download } from './download.ts'
import { VerificationError } from './errors.ts'
import type { Fetch } from './fetch.ts'

export type KeySourceOptions = {
  jwksUri: string
  /** How long keys are used after their download. */
  cacheSeconds: number
  /** The minimum time between two downloads, also when they fail. */
  cooldownSeconds: number
  timeoutSeconds: number
  fetch: Fetch
  /** A clock in milliseconds that never goes back. */
  now: () => number
}

/**
 * The public keys of one issuer. jose's remote key set starts its cool-down only after a successful download, so a
 * server that is down would get one request per verification. Here failed downloads count, too.
 */
export function createKeySource (options: KeySourceOptions) {
  const { jwksUri, cacheSeconds, cooldownSeconds, timeoutSeconds, fetch, now } = options
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let loadedAt = -Infinity
  let triedAt = -Infinity
  let failure: unknown
  let pending: Promise<void> | undefined

  const isPast = (since: number, seconds: number) => now() - since >= seconds * 1000

  async function load (startedAt: number) {
    try {
      keys = createLocalJWKSet(await download(jwksUri, fetch, timeoutSeconds))
      loadedAt = startedAt
      failure = undefined
    } catch (error) {
      failure = error
    } finally {
      pending = undefined
    }
  }

  /** Downloads the keys, once for all callers. During the cool-down it does nothing. Never rejects. */
  function reload (): Promise<void> {
    if (pending) return pending
    if (!isPast(triedAt, cooldownSeconds)) return Promise.resolve()
    triedAt = now()
    pending = load(triedAt)
    return pending
  }

  async function find (alg: string, kid: string): Promise<CryptoKey | undefined> {
    if (isPast(loadedAt, cacheSeconds)) return undefined
    try {
      return await keys?.({ alg, kid })
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }

  function unavailable () {
    const retryAfterSeconds = Math.max(1, Math.ceil(cooldownSeconds - (now() - triedAt) / 1000))
    return new VerificationError('unavailable', { cause: failure, retryAfterSeconds })
  }

  return {
    /**
     * The key with this ID, for this algorithm.
     * @throws VerificationError `invalid_token` if the issuer has no such key, `unavailable` if that is not known
     */
    async keyFor (alg: string, kid: string): Promise<CryptoKey> {
      // From half of the cache time on, keys are renewed in the background: an outage leaves at least the other half.
      if (!isPast(loadedAt, cacheSeconds) && isPast(loadedAt, cacheSeconds / 2)) reload()
      const known = await find(alg, kid)
      if (known) return known
      await reload()
      const found = await find(alg, kid)
      if (found) return found
      throw failure === undefined ? new VerificationError('invalid_token', { reason: 'unknown key' }) : unavailable()
    }
  }
}

export type KeySource = ReturnType<typeof createKeySource>
