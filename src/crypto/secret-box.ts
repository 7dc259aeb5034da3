import { InvalidFernetToken, isIntactFernet, openFernet, sealFernet } from './fernet.ts'
import type { SecretKey } from './secret-key.ts'

/** Maximum length of a secret, in bytes of UTF-8. */
export const SECRET_BYTES_MAX = 32 * 1024

/** Stored format: version of the format, key ID, Fernet token. */
const storedForm = /^fg1:([0-9a-f]{10}):([\w-]+={0,2})$/

/** The prefix of every stored secret that was encrypted with a key. Finds the rows of a key. */
export const storedPrefix = (keyId: string) => `fg1:${keyId}`

/** Length of the prefix. */
export const STORED_PREFIX_LENGTH = storedPrefix('0123456789').length

/** A stored secret that cannot be decrypted. */
export class SecretUnreadable extends Error {
  /** `unknown_key`: encrypted with a key that is not configured; `moved`: belongs to another row. */
  readonly reason: 'unknown_key' | 'damaged' | 'moved'
  readonly keyId: string | undefined

  constructor (reason: SecretUnreadable['reason'], keyId?: string) {
    super(`the stored secret cannot be read: ${reason}${keyId ? `, key ${keyId}` : ''}`)
    this.reason = reason
    this.keyId = keyId
  }
}

/**
 * Encrypts and decrypts secrets. `context` identifies the row and its owner, so a ciphertext that is copied to another
 * row cannot be decrypted.
 */
export type SecretBox = Readonly<{
  /** ID of the key that encrypts. */
  keyId: string
  /** IDs of all keys that decrypt. */
  keyIds: readonly string[]
  /** @throws RangeError if the text is longer than SECRET_BYTES_MAX or is not well-formed Unicode */
  encrypt: (plaintext: string, context: string) => string
  /** @throws SecretUnreadable */
  decrypt: (stored: string, context: string) => string
  /**
   * Checks a stored secret without decrypting it: its key must be known and its HMAC valid. Does not detect a secret
   * that was moved to another row.
   */
  problemOf: (stored: string) => SecretUnreadable | undefined
  /** ID of the key that encrypted a stored secret; undefined if the text is not a stored secret. */
  keyIdOf: (stored: string) => string | undefined
  /** The Fernet token, which Python's `cryptography` can decrypt with the same key. @throws SecretUnreadable */
  tokenOf: (stored: string) => string
  /** Encrypts the secret again with the current key. @throws SecretUnreadable */
  rotate: (stored: string, context: string) => string
}>

/** Creates a box with a list of keys: the first encrypts, all decrypt. */
export function createSecretBox (
  keys: readonly [Pick<SecretKey, 'keyId' | 'fernetKey'>, ...Array<Pick<SecretKey, 'keyId' | 'fernetKey'>>]
): SecretBox {
  const [current] = keys
  const keysById = new Map(keys.map(({ keyId, fernetKey }) => [keyId, fernetKey]))

  function parse (stored: string): { keyId: string, token: string } {
    const [, keyId, token] = storedForm.exec(stored) ?? []
    if (keyId === undefined || token === undefined) throw new SecretUnreadable('damaged')
    return { keyId, token }
  }

  function encrypt (plaintext: string, context: string): string {
    if (context.includes('\n')) throw new TypeError('a context is one line')
    if (Buffer.byteLength(plaintext) > SECRET_BYTES_MAX) throw new RangeError('the secret is too long')
    return `${storedPrefix(current.keyId)}:${sealFernet(current.fernetKey, `${context}\n${plaintext}`)}`
  }

  function findKey (stored: string): { key: Buffer, keyId: string, token: string } {
    const { keyId, token } = parse(stored)
    const key = keysById.get(keyId)
    if (!key) throw new SecretUnreadable('unknown_key', keyId)
    return { key, keyId, token }
  }

  function problemOf (stored: string): SecretUnreadable | undefined {
    try {
      const { key, keyId, token } = findKey(stored)
      return isIntactFernet(key, token) ? undefined : new SecretUnreadable('damaged', keyId)
    } catch (error) {
      if (error instanceof SecretUnreadable) return error
      throw error
    }
  }

  function decrypt (stored: string, context: string): string {
    const { key, keyId, token } = findKey(stored)
    const sealed = open(key, token, keyId)
    if (!sealed.startsWith(`${context}\n`)) throw new SecretUnreadable('moved', keyId)
    return sealed.slice(context.length + 1)
  }

  return Object.freeze({
    keyId: current.keyId,
    keyIds: [...keysById.keys()],
    encrypt,
    decrypt,
    problemOf,
    keyIdOf: stored => storedForm.exec(stored)?.[1],
    tokenOf: stored => parse(stored).token,
    rotate: (stored, context) => encrypt(decrypt(stored, context), context)
  })
}

function open (key: Buffer, token: string, keyId: string): string {
  try {
    return openFernet(key, token)
  } catch (error) {
    if (error instanceof InvalidFernetToken) throw new SecretUnreadable('damaged', keyId)
    throw error
  }
}
