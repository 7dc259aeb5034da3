import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose'
import { VerificationError } from './errors.ts'
import { type Identity, toIdentity } from './identity.ts'
import { createKeySource } from './key-source.ts'
import { readOptions, type VerifierOptions } from './options.ts'
import { requireAll, type Requirements } from './requirements.ts'

/** Longer than any token of Flowgate. */
const TOKEN_LENGTH_MAX = 4096
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** Other kinds of JWT, such as logout tokens, are not for authentication (RFC 8725, 3.11). */
const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

export type Verifier = Readonly<{
  /** Verifies a token. @throws VerificationError */
  verify: (token: string, requirements?: Requirements) => Promise<Identity>
  /** Verifies the token in the value of an Authorization header. @throws VerificationError */
  authenticate: (authorization: string | undefined, requirements?: Requirements) => Promise<Identity>
}>

const invalid = (reason: string) => new VerificationError('invalid_token', { reason })

/** Reads a token without verifying it: what selects the key. */
function readUnverified (token: unknown) {
  if (typeof token !== 'string' || token === '') throw new VerificationError('missing_token')
  if (token.length > TOKEN_LENGTH_MAX) throw invalid(`longer than ${TOKEN_LENGTH_MAX} characters`)
  if (!COMPACT_JWS.test(token)) throw invalid('not a signed JWT')
  try {
    const { alg, kid, typ } = decodeProtectedHeader(token)
    return { alg, kid, typ, iss: decodeJwt(token).iss }
  } catch {
    throw invalid('not a signed JWT')
  }
}

function toVerificationError (error: unknown): VerificationError {
  if (error instanceof VerificationError) return error
  if (error instanceof errors.JWTExpired) return new VerificationError('expired_token', { reason: error.message })
  return invalid(error instanceof errors.JOSEError ? error.message : 'the token cannot be verified with its key')
}

/**
 * Creates a verifier for tokens that Flowgate issued for this service.
 * @throws TypeError if the options are not valid
 */
export function createVerifier (options: VerifierOptions): Verifier {
  const { issuers, audiences, algorithms, clockToleranceSeconds, now, steadyNow, ...keyOptions } = readOptions(options)
  const sources = new Map(issuers.map(({ issuer, jwksUri }) =>
    [issuer, createKeySource({ ...keyOptions, jwksUri, now: steadyNow })]))

  function check (claims: JWTPayload) {
    const { sub, iat = Infinity, exp = 0, aud } = claims
    if (typeof sub !== 'string' || sub === '') throw invalid('"sub" claim is not a text')
    if (!(iat <= now() / 1000 + clockToleranceSeconds)) throw invalid('"iat" claim is in the future')
    const audience = audiences.find(name => Array.isArray(aud) ? aud.includes(name) : aud === name)
    if (audience === undefined) throw invalid('unexpected "aud" claim value')
    return { accountId: sub, audience, expiresAt: new Date(exp * 1000) }
  }

  async function verifyToken (token: string): Promise<Identity> {
    const { alg, kid, typ, iss } = readUnverified(token)
    const algorithm = algorithms.find(name => name === alg)
    if (!algorithm) throw invalid('unexpected "alg" header value')
    if (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase())) throw invalid('unexpected "typ" header value')
    if (typeof kid !== 'string') throw invalid('missing "kid" header')
    const source = typeof iss === 'string' ? sources.get(iss) : undefined
    if (!source || iss === undefined) throw invalid('unexpected "iss" claim value')
    const { payload } = await jwtVerify(token, await source.keyFor(algorithm, kid), {
      issuer: iss,
      audience: audiences,
      algorithms: [algorithm],
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now())
    })
    return toIdentity(payload, { ...check(payload), issuer: iss })
  }

  async function verify (token: string, requirements: Requirements = {}): Promise<Identity> {
    const identity = await verifyToken(token).catch(error => { throw toVerificationError(error) })
    requireAll(identity, requirements)
    return identity
  }

  return {
    verify,
    async authenticate (authorization, requirements) {
      const [, token] = /^bearer +(\S.*)$/i.exec(authorization ?? '') ?? []
      if (token === undefined) throw new VerificationError('missing_token')
      return verify(token.trimEnd(), requirements)
    }
  }
}
