import { hkdfSync, randomBytes } from 'node:crypto'

/** A parsed LANGFLOW_SECRET_KEY: its public ID, and one derived key per purpose. */
export type SecretKey = Readonly<{
  /** `fernet`: the text is a Fernet key. `passphrase`: a Fernet key is derived from it. */
  form: 'fernet' | 'passphrase'
  /** Fingerprint that does not reveal the key: ten hexadecimal digits. */
  keyId: string
  /** 32 bytes. */
  fernetKey: Buffer
  /** 32 bytes. */
  jwtKey: Buffer
}>

/** The example key of Langflow's documentation: 31 bytes, publicly known. */
export const DOCUMENTATION_SAMPLE_KEY = 'dBuuuB_FHLvU8T9eUNlxQF9ppqRxwWpXXQ42kM2_fb'

export const SECRET_KEY_LENGTH_MIN = 32

/** HKDF-SHA-256 (RFC 5869) with an empty salt, 32 bytes; `info` identifies the purpose. */
const derive = (secret: string | Buffer, info: string) => Buffer.from(hkdfSync('sha256', secret, '', info, 32))

/** Parses a Fernet key; undefined if the text is not one. */
function asFernetKey (text: string): Buffer | undefined {
  if (!/^[\w-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === 32 ? bytes : undefined
}

/**
 * Parses a secret key. 43 or 44 characters of url-safe base64 that encode 32 bytes are a Fernet key; a Fernet key is
 * derived from any other text.
 */
export function parseSecretKey (text: string): SecretKey {
  const given = asFernetKey(text)
  // Four different last characters encode the same 32 bytes. The canonical spelling is used, so that a key ID always
  // has the same JWT key.
  const unpadded = given?.toString('base64url') ?? text.replace(/=+$/, '')
  const fernetKey = given ?? derive(unpadded, 'flowgate fernet v1')
  return Object.freeze({
    form: given ? 'fernet' : 'passphrase',
    keyId: derive(fernetKey, 'flowgate key id v1').toString('hex').slice(0, 10),
    fernetKey,
    jwtKey: derive(unpadded, 'flowgate jwt hs256 v1')
  })
}

/** Describes why a text cannot be a secret key, without repeating it; undefined if it can. */
export function secretKeyProblem (text: string): string | undefined {
  if (/^\uFEFF|^\s|\s$/.test(text)) return 'begins or ends with white space or a byte order mark'
  if (/^["'].*["']$/.test(text)) return 'is wrapped in quotes'
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'contains control characters'
  if (text.length < SECRET_KEY_LENGTH_MIN) return `is shorter than ${SECRET_KEY_LENGTH_MIN} characters`
  if (new Set(text).size < 4) return 'consists of three or fewer different characters'
  if (/change.?me|your.?secret|placeholder|example.?key/i.test(text)) return 'is a placeholder'
  return undefined
}

/** Generates a key: 32 random bytes, as 43 characters of url-safe base64. */
export const generateSecretKey = () => randomBytes(32).toString('base64url')
