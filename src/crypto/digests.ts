import { createHash, createHmac, randomBytes } from 'node:crypto'

/** A short identifier of a text that does not reveal it: 128 bits of SHA-256, in hexadecimal. */
export const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** Compares texts without storing them: HMAC-SHA-256 with a random key that exists only in this process. */
export function createFingerprint (): (...parts: string[]) => string {
  const key = randomBytes(32)
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
}
