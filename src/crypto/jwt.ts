import { createSigner, createVerifier, type VerifierOptions } from 'fast-jwt'
import type { SigningAlgorithm } from './signing-keys.ts'

/** `at+jwt`: access tokens (RFC 9068, 2.1). `JWT`: identity tokens. A token of one type is never read as another. */
export type TokenType = 'at+jwt' | 'JWT'

/** Signs claims, which include `iat` and `exp`, as a compact JWS (RFC 7515, 7.1). */
export type SignToken = (claims: object) => string

/**
 * Verifies the signature of a token and returns its claims. Does not check expiry: the clock of this machine may differ
 * from the database's. Throws an error for any problem.
 */
export type VerifyToken = (token: string) => unknown

/**
 * The whole protected header (RFC 7515, 4.1) of the tokens of a key, encoded. Comparing it as text rejects every other
 * parameter (`jku`, `jwk`, `crit`, `b64`, another `alg`) before anything is parsed (RFC 8725, 3.1 and 3.2).
 */
export const headerOf = (alg: SigningAlgorithm, typ: TokenType, kid: string): string =>
  Buffer.from(JSON.stringify({ alg, typ, kid })).toString('base64url')

const headerForms: Record<TokenType, RegExp> = {
  'at+jwt': /^\{"alg":"(RS256|RS512|ES256|EdDSA)","typ":"at\+jwt","kid":"[\w-]{43}"\}$/,
  JWT: /^\{"alg":"(RS256|RS512|ES256|EdDSA)","typ":"JWT","kid":"[\w-]{43}"\}$/
}

/** Whether an encoded header has the form of `headerOf`, for any key. */
export const isHeader = (encoded: string, typ: TokenType): boolean =>
  headerForms[typ].test(Buffer.from(encoded, 'base64url').toString())

/**
 * Whether base64url text is canonical. The last character may have unused bits (RFC 4648, 3.5); other values of them
 * would make a token valid that was never issued.
 */
export const isCanonical = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text

/** The claims of a token, without verification. @throws SyntaxError if the payload is not JSON */
export const decodeClaims = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** @param key private key in PEM */
export function createTokenSigner (
  { alg, typ, kid, key }: { alg: SigningAlgorithm, typ: TokenType, kid: string, key: string }
): SignToken {
  return createSigner({ algorithm: alg, key, kid, header: { alg, typ } })
}

/** @param key public key in PEM */
export function createTokenVerifier ({ alg, key }: { alg: SigningAlgorithm, key: string }): VerifyToken {
  const options: Partial<VerifierOptions> & { key: string } = {
    key, algorithms: [alg], cache: false, ignoreExpiration: true, requiredClaims: ['iss', 'aud', 'exp', 'iat', 'sub']
  }
  return createVerifier(options)
}
