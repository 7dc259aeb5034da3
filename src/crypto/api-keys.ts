import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The prefix of every API key. No JWT begins with it. */
export const API_KEY_PREFIX = 'sk-'
const RANDOM_LENGTH = 37
const CHECKSUM_LENGTH = 6

/** Length of a whole key, in characters. */
export const API_KEY_LENGTH = API_KEY_PREFIX.length + RANDOM_LENGTH + CHECKSUM_LENGTH

/** Number of leading characters of a key that are stored and shown. */
export const API_KEY_SHOWN_LENGTH = 8

/** The pattern of a key, for secret scanners. The checksum rules out false positives. */
export const API_KEY_PATTERN = /^sk-[0-9A-Za-z]{43}$/

/** CRC-32 (RFC 1952, 8) of the preceding characters in base62, zero-padded. Six digits hold 35 bits. */
function checksum (text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (digits.length < CHECKSUM_LENGTH) {
    digits = alphabet.charAt(rest % alphabet.length) + digits
    rest = Math.floor(rest / alphabet.length)
  }
  return digits
}

/** Generates a key: `sk-`, 37 random characters (220 bits), and a checksum of 6 characters. */
export function generateApiKey (): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
  return API_KEY_PREFIX + random + checksum(API_KEY_PREFIX + random)
}

/** Whether a text is a well-formed key. Rejects mistyped and made-up keys without a database query. */
export function isApiKey (text: string): boolean {
  return text.length === API_KEY_LENGTH && API_KEY_PATTERN.test(text) &&
    checksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
}

/** Whether a text contains a well-formed key. */
export const containsApiKey = (text: string): boolean => text.includes(API_KEY_PREFIX) &&
  [...text.matchAll(/(?=(sk-[0-9A-Za-z]{43}))/g)].some(([, key = '']) => isApiKey(key))

/** The stored digest of a key: SHA-256 in hexadecimal. 220 random bits need no slow hash. */
export const digestApiKey = (key: string) => createHash('sha256').update(key).digest('hex')

/** A key as shown in lists: its first characters, and a `*` for each of the others. */
export const maskApiKey = (shown: string) => shown.slice(0, API_KEY_SHOWN_LENGTH).padEnd(API_KEY_LENGTH, '*')
