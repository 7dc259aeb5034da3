import { InvalidFernetToken, isIntactFernet, openFernet, sealFernet } from './fernet.ts'
import type { SecretKey } from './secret-key.ts'

/** Longest secret, in bytes of UTF-8. */
export const SECRET_BYTES_MAX = 32 * 1024

/** Stored form: version of this format, id of the key, Fernet token. */
const storedForm = /^fg1:([0-9a-f]{10}):([\w-]+={0,2})$/

/** What every secret sealed with a key begins with in the database, so that rows can be found by it. */
export const storedPrefix = (keyId: string) => `fg1:${keyId}`

/** Length of that beginning. */
export const STORED_PREFIX_LENGTH = storedPrefix('0123456789').length

/** A stored secret that cannot be given back. */
export class SecretUnreadable extends Error {
  /** `unknown_key`: sealed with a key that is not configured; `moved`: it belongs to another row. */
  readonly reason: 'unknown_key' | 'damaged' | 'moved'
  readonly keyId: string | undefined

  constructor (reason: SecretUnreadable['reason'], keyId?: string) {
    super(`the stored secret cannot be read: ${reason}${keyId ? `, key ${keyId}` : ''}`)
    this.reason = reason
    this.keyId = keyId
  }
}

/** Seals and opens secrets. `context` names the row and its owner: a ciphertext that is moved does not open. */
export type SecretBox = Readonly<{
  /** Id of the key that encrypts. */
  keyId: string
  /** Ids of all keys that decrypt. */
  keyIds: readonly string[]
  /** @throws RangeError beyond SECRET_BYTES_MAX, or for a text that is not well-formed Unicode */
  encrypt: (plaintext: string, context: string) => string
  /** @throws SecretUnreadable */
  decrypt: (stored: string, context: string) => string
  /**
   * Why a stored secret could not be given back, found without decrypting it: its key is unknown, or a byte of it
   * changed. That it was moved shows only when it is opened.
   */
  problemOf: (stored: string) => SecretUnreadable | undefined
  /** The key a stored secret was sealed with; undefined when it is no stored secret. */
  keyIdOf: (stored: string) => string | undefined
  /** The Fernet token inside, which Python's `cryptography` opens with the same key. @throws SecretUnreadable */
  tokenOf: (stored: string) => string
  /** The same secret under the key that encrypts. @throws SecretUnreadable */
  rotate: (stored: string, context: string) => string
}>

/**
 * A box over a list of keys: the first encrypts, any decrypts.
 * @param keys at least one
 */
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
