import {
  createHash, createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject
} from 'node:crypto'
import { promisify } from 'node:util'

/** Asymmetric algorithms (RFC 7518, 3.1; RFC 8037, 3.1) for tokens that other services verify. */
export type SigningAlgorithm = 'RS256' | 'RS512' | 'ES256' | 'EdDSA'

/** A signing key. `privateKey` is PKCS#8 in PEM, `publicKey` SPKI in PEM. */
export type SigningKeyPair = { kid: string, publicKey: string, privateKey: string }

/** A key as RFC 7517 publishes it. */
export type PublicJwk = JsonWebKey & { kid: string, use: 'sig', alg: SigningAlgorithm }

/** NIST SP 800-57 part 1, table 2: 2048 bits are the minimum of 112 bits of security. RFC 7518, 3.3 requires them. */
const RSA_BITS = 2048

const generate = promisify(generateKeyPair)

const generators: Record<SigningAlgorithm, () => Promise<{ privateKey: KeyObject }>> = {
  RS256: () => generate('rsa', { modulusLength: RSA_BITS }),
  RS512: () => generate('rsa', { modulusLength: RSA_BITS }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generate('ed25519')
}

/** The members of a JWK that its thumbprint covers, in lexicographic order (RFC 7638, 3.2). */
const requiredMembers: Record<string, readonly string[]> = {
  RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x']
}

/** The JWK thumbprint with SHA-256 (RFC 7638): 43 characters of base64url. */
function thumbprintOf (key: JsonWebKey): string {
  const members = requiredMembers[key.kty ?? ''] ?? []
  const text = JSON.stringify(Object.fromEntries(members.map(name => [name, key[name]])))
  return createHash('sha256').update(text).digest('base64url')
}

const toPair = (privateKey: KeyObject): SigningKeyPair => {
  const publicKey = createPublicKey(privateKey)
  return {
    kid: thumbprintOf(publicKey.export({ format: 'jwk' })),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
}

/** Generates a key: RSA with 2048 bits, P-256 or Ed25519. RSA takes some 100 ms in a thread of the pool. */
export const generateSigningKey = async (algorithm: SigningAlgorithm): Promise<SigningKeyPair> =>
  toPair((await generators[algorithm]()).privateKey)

/** Reads a private key in PEM that `privateKeyProblem` has accepted. */
export const readSigningKey = (pem: string): SigningKeyPair => toPair(createPrivateKey(pem))

/** The JWK of a public key in PEM. */
export const toPublicJwk = (
  { kid, publicKey, algorithm }: { kid: string, publicKey: string, algorithm: SigningAlgorithm }
): PublicJwk => ({ ...createPublicKey(publicKey).export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm })

/** Describes the kind of a key for error messages. */
function kindOf (key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  const detail = modulusLength === undefined ? namedCurve : `${modulusLength} bits`
  return `${key.asymmetricKeyType ?? 'unknown'}${detail === undefined ? '' : ` (${detail})`}`
}

const needs: Record<SigningAlgorithm, { text: string, accepts: (key: KeyObject) => boolean }> = {
  RS256: { text: `an RSA key of at least ${RSA_BITS} bits`, accepts: isStrongRsa },
  RS512: { text: `an RSA key of at least ${RSA_BITS} bits`, accepts: isStrongRsa },
  ES256: {
    text: 'an EC key on the curve P-256',
    accepts: key => key.asymmetricKeyDetails?.namedCurve === 'prime256v1' // OpenSSL's name of P-256
  },
  EdDSA: { text: 'an Ed25519 key', accepts: key => key.asymmetricKeyType === 'ed25519' }
}

function isStrongRsa (key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS
}

/** Parses PEM; undefined if OpenSSL rejects it. */
function parse (create: (pem: string) => KeyObject, pem: string): KeyObject | undefined {
  try {
    return create(pem)
  } catch {
    return undefined
  }
}

/**
 * Describes why a text cannot sign with an algorithm, without repeating it; undefined if it can.
 * @param pem a private key: PKCS#8, or the traditional formats of OpenSSL
 */
export function privateKeyProblem (pem: string, algorithm: SigningAlgorithm): string | undefined {
  if (/ENCRYPTED/.test(pem)) return 'is encrypted with a passphrase'
  const key = parse(createPrivateKey, pem)
  if (!key) return /PUBLIC KEY|CERTIFICATE/.test(pem) ? 'contains no private key' : 'is not a private key in PEM'
  const { text, accepts } = needs[algorithm]
  return accepts(key) ? undefined : `is of the kind ${kindOf(key)}, but ${algorithm} needs ${text}`
}

/** Describes why a text is not the public key of a valid private key; undefined if it is. Both are in PEM. */
export function publicKeyProblem (pem: string, privatePem: string): string | undefined {
  if (/PRIVATE KEY/.test(pem)) return 'contains a private key'
  const key = parse(createPublicKey, pem)
  if (!key) return 'is not a public key in PEM'
  // `key.equals` of two kinds of keys leaves an error in OpenSSL's queue, and the next key cannot be parsed.
  const toText = (each: KeyObject) => each.export({ type: 'spki', format: 'pem' })
  const isSame = toText(key) === toText(createPublicKey(createPrivateKey(privatePem)))
  return isSame ? undefined : 'does not belong to LANGFLOW_PRIVATE_KEY'
}
