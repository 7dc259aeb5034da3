import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
// The package adds String.prototype.lpad, which Flowgate does not use.
import fernet from 'fernet'

/** An invalid token: damaged, truncated, expired, of another version, or encrypted with another key. */
export class InvalidFernetToken extends Error {
  constructor () { super('not a token of this key') }
}

/** Fixed values for the IV and the time, for the test vectors of the specification. */
export type SealOptions = { iv?: Buffer, time?: Date }

const VERSION = 0x80
/** Version, time and IV precede the ciphertext, and the HMAC follows it (Fernet specification, "Token Format"). */
const HEAD_BYTES = 1 + 8 + 16
const HMAC_BYTES = 32
const BLOCK_BYTES = 16

const secretOf = (key: Buffer) => new fernet.Secret(key.toString('base64url'))

/**
 * Encrypts a text (Fernet specification, "Generating").
 * @param key 32 bytes
 * @returns a token in padded url-safe base64
 * @throws RangeError if the text is empty or contains lone surrogates, which UTF-8 cannot encode
 */
export function sealFernet (key: Buffer, plaintext: string, { iv, time = new Date() }: SealOptions = {}): string {
  // The package treats an empty message as missing and fails.
  if (plaintext === '' || !plaintext.isWellFormed()) throw new RangeError('not a text that can be sealed')
  const wholeSeconds = new Date(Math.floor(time.getTime() / 1000) * 1000)
  const token = new fernet.Token({ secret: secretOf(key), time: wholeSeconds.toISOString() })
  if (iv) {
    // The package would use the indexes of the IV instead of its bytes.
    token.setIV = () => { token.iv = fernet.Hex.parse(iv.toString('hex')) }
  }
  return token.encode(plaintext)
}

/**
 * Decrypts a token (Fernet specification, "Verifying").
 * @param key 32 bytes
 * @param options.ttlSeconds maximum age; undefined for stored secrets, which do not expire
 * @throws InvalidFernetToken for every error
 */
export function openFernet (
  key: Buffer, token: string, { ttlSeconds, now = new Date() }: { ttlSeconds?: number, now?: Date } = {}
): string {
  const bytes = authenticate(key, token)
  if (ttlSeconds !== undefined) checkAge(bytes, ttlSeconds, now)
  checkPadding(key, bytes)
  return decrypt(key, token)
}

/**
 * Whether a token is intact and was encrypted with the key: checks its HMAC and does not decrypt. Takes four
 * microseconds; decryption takes at least twenty times as long.
 */
export function isIntactFernet (key: Buffer, token: string): boolean {
  try {
    authenticate(key, token)
    return true
  } catch {
    return false
  }
}

/** Decodes a token and checks its format and HMAC, in constant time, before anything is decrypted. */
function authenticate (key: Buffer, token: string): Buffer {
  const bytes = decodeStrictly(token)
  const ciphertextBytes = bytes.length - HEAD_BYTES - HMAC_BYTES
  const isForm = bytes[0] === VERSION && ciphertextBytes >= BLOCK_BYTES && ciphertextBytes % BLOCK_BYTES === 0
  if (!isForm) throw new InvalidFernetToken()
  const signed = bytes.subarray(0, -HMAC_BYTES)
  const expected = createHmac('sha256', key.subarray(0, 16)).update(signed).digest()
  if (!timingSafeEqual(expected, bytes.subarray(-HMAC_BYTES))) throw new InvalidFernetToken()
  return bytes
}

/** Checks the padding (PKCS #7). The package only evaluates the last byte. */
function checkPadding (key: Buffer, bytes: Buffer) {
  const [previous, last] = [bytes.subarray(-HMAC_BYTES - 2 * BLOCK_BYTES), bytes.subarray(-HMAC_BYTES - BLOCK_BYTES)]
  const cipher = createDecipheriv('aes-128-cbc', key.subarray(16), previous.subarray(0, BLOCK_BYTES))
  try {
    cipher.update(last.subarray(0, BLOCK_BYTES))
    cipher.final()
  } catch {
    throw new InvalidFernetToken()
  }
}

function decrypt (key: Buffer, token: string): string {
  try {
    return new fernet.Token({ secret: secretOf(key), ttl: 0 }).decode(token)
  } catch {
    throw new InvalidFernetToken() // the plaintext is not UTF-8
  }
}

/** Rejects other spellings of a token. The package ignores invalid characters and text after the padding. */
function decodeStrictly (token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url')
  const canonical = bytes.toString('base64url')
  if (token !== canonical + '='.repeat((4 - canonical.length % 4) % 4)) throw new InvalidFernetToken()
  return bytes
}

const CLOCK_SKEW_SECONDS = 60

function checkAge (bytes: Buffer, ttlSeconds: number, now: Date) {
  const sealedAt = Number(bytes.readBigUInt64BE(1))
  const ageSeconds = now.getTime() / 1000 - sealedAt
  if (ageSeconds > ttlSeconds || ageSeconds < -CLOCK_SKEW_SECONDS) throw new InvalidFernetToken()
}
