import { hkdfSync, randomBytes } from 'node:crypto'

/** A parsed LANGFLOW_SECRET_KEY: its public id, and one derived key per purpose. */
export type SecretKey = Readonly<{
  /** `fernet`: the text is a Fernet key. `passphrase`: a Fernet key is derived from it. */
  form: 'fernet' | 'passphrase'
  /** Fingerprint that reveals nothing of the key: ten hexadecimal digits. */
  keyId: string
  /** 32 bytes. */
  fernetKey: Buffer
  /** 32 bytes. */
  jwtKey: Buffer
}>

/** The key printed in Langflow's documentation: 31 bytes, and known to everybody. */
export const DOCUMENTATION_SAMPLE_KEY = 'dBuuuB_FHLvU8T9eUNlxQF9ppqRxwWpXXQ42kM2_fb'

export const SECRET_KEY_LENGTH_MIN = 32

/** HKDF-SHA-256 (RFC 5869) with an empty salt, 32 bytes; `info` names the purpose. */
const derive = (secret: string | Buffer, info: string) => Buffer.from(hkdfSync('sha256', secret, '', info, 32))

/** The Fernet key that a text is, or undefined when it is none. */
function asFernetKey (text: string): Buffer | undefined {
  if (!/^[\w-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === 32 ? bytes : undefined
}

/**
 * Reads a secret key in either form: 43 or 44 characters of url-safe base64 for 32 bytes are the Fernet key itself,
 * any other text is stretched to one.
 * @param text at least 32 characters; see secretKeyProblem
 */
export function parseSecretKey (text: string): SecretKey {
  const given = asFernetKey(text)
  // Four last characters spell the same 32 bytes: one spelling is derived from, so that one key id means one JWT key.
  const unpadded = given?.toString('base64url') ?? text.replace(/=+$/, '')
  const fernetKey = given ?? derive(unpadded, 'flowgate fernet v1')
  return Object.freeze({
    form: given ? 'fernet' : 'passphrase',
    keyId: derive(fernetKey, 'flowgate key id v1').toString('hex').slice(0, 10),
    fernetKey,
    jwtKey: derive(unpadded, 'flowgate jwt hs256 v1')
  })
}

/** Why a text cannot serve as a secret key, without repeating it; undefined when it can. */
export function secretKeyProblem (text: string): string | undefined {
  if (/^\uFEFF|^\s|\s$/.test(text)) return 'begins or ends with white space or a byte order mark'
  if (/^["'].*["']$/.test(text)) return 'is wrapped in quotes'
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has control characters in it'
  if (text.length < SECRET_KEY_LENGTH_MIN) return `is shorter than ${SECRET_KEY_LENGTH_MIN} characters`
  if (new Set(text).size < 4) return 'is made of three characters or fewer'
  if (/change.?me|your.?secret|placeholder|example.?key/i.test(text)) return 'is a placeholder'
  return undefined
}

/** A new key: 32 random bytes, as 43 characters of url-safe base64. */
export const generateSecretKey = () => randomBytes(32).toString('base64url')
