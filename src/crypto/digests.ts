import { createHash, createHmac, randomBytes } from 'node:crypto'

/** A short name for a text of any length that does not show it: 128 bits of SHA-256, in hexadecimal. */
export const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** Tells equal texts from others without keeping them: HMAC-SHA-256 under a key that dies with the process. */
export function createFingerprint (): (...parts: string[]) => string {
  const key = randomBytes(32)
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
}
