// Loading the package adds String.prototype.lpad, which nothing of ours reads.
import fernet from 'fernet'

/** A token that does not open: damaged, cut, of another version, too old, or sealed with another key. */
export class InvalidFernetToken extends Error {
  constructor () { super('not a token of this key') }
}

/** What a caller may fix instead of leaving it to chance and the clock: the specification's vectors need it. */
export type SealOptions = { iv?: Buffer, time?: Date }

/** Version, time, IV and HMAC (Fernet specification, "Token Format"); one block of ciphertext at least. */
const OVERHEAD_BYTES = 1 + 8 + 16 + 32
const BLOCK_BYTES = 16

const secretOf = (key: Buffer) => new fernet.Secret(key.toString('base64url'))

/**
 * Seals a text (Fernet specification, "Generating").
 * @param key 32 bytes
 * @returns a token in padded url-safe base64
 */
export function sealFernet (key: Buffer, plaintext: string, { iv, time = new Date() }: SealOptions = {}): string {
  const wholeSeconds = new Date(Math.floor(time.getTime() / 1000) * 1000)
  const token = new fernet.Token({ secret: secretOf(key), time: wholeSeconds.toISOString() })
  if (iv) {
    // The package takes the indexes of an IV for its bytes: it is set here.
    token.setIV = () => { token.iv = fernet.Hex.parse(iv.toString('hex')) }
  }
  return token.encode(plaintext)
}

/**
 * Opens a token (Fernet specification, "Verifying").
 * @param key 32 bytes
 * @param options.ttlSeconds greatest age; none for stored secrets, which do not age
 * @throws InvalidFernetToken whatever is wrong
 */
export function openFernet (
  key: Buffer, token: string, { ttlSeconds, now = new Date() }: { ttlSeconds?: number, now?: Date } = {}
): string {
  const bytes = decodeStrictly(token)
  const ciphertextBytes = bytes.length - OVERHEAD_BYTES
  if (ciphertextBytes < BLOCK_BYTES || ciphertextBytes % BLOCK_BYTES !== 0) throw new InvalidFernetToken()
  if (ttlSeconds !== undefined) checkAge(bytes, ttlSeconds, now)
  try {
    // The package compares every character of the HMAC before it decrypts, whether or not the first one differs.
    return new fernet.Token({ secret: secretOf(key), ttl: 0 }).decode(token)
  } catch {
    throw new InvalidFernetToken()
  }
}

/** The package passes over what is not base64 and what follows the padding: one token would have many spellings. */
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
