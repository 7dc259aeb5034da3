import { Type, type Static } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TokenState } from '../../db.ts'
import { ExpiredToken, InvalidRefreshToken, InvalidToken, WrongTokenType } from '../../errors.ts'
import { type Clock, toNumericDate } from '../upkeep/clock.ts'

/** Signs and verifies compact JWTs (RFC 7519) with HS256. Does not check expiry. `verify` throws InvalidToken. */
export type JwtSigner = { sign: (claims: Record<string, unknown>) => string, verify: (token: string) => unknown }

/** The same for access tokens with asymmetric keys (RFC 9068). */
export type AccessTokenSigner = {
  /** Signs with the active key. Undefined if the settings say HS256. */
  sign: ((claims: Record<string, unknown>) => Promise<string>) | undefined
  /** Whether the header of a token is one of these keys' headers. */
  recognizes: (token: string) => boolean
  /** The result may be used until the keys must be read again. @throws InvalidToken */
  verify: (token: string) => Promise<Verified>
}

type Verified = { claims: unknown, usableUntil?: Date }

/** The tokens of a sign-in or refresh, with their expiry, account and session. */
export type TokenPair = {
  accessToken: string, refreshToken: string, accessExpires: Date, refreshExpires: Date
  userId: string, sessionId: string
}

/** The issuer of tokens that only this server reads. */
export const ISSUER = 'flowgate'
/** Longer than any token that is issued. Longer texts are rejected without being parsed. */
export const TOKEN_LENGTH_MAX = 4096

const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
const common = {
  iss: Type.String(),
  sub: Type.String({ pattern: uuid }),
  sid: Type.String({ pattern: uuid }),
  jti: Type.String({ minLength: 1, maxLength: 100 }),
  iat: Type.Integer(),
  exp: Type.Integer()
}
const AccessClaims = Type.Object({ ...common, aud: Type.Optional(Type.String()), type: Type.Literal('access') })
const RefreshClaims = Type.Object({
  ...common, type: Type.Literal('refresh'), gen: Type.Integer({ minimum: 0, maximum: 2_147_483_646 })
})
export type AccessClaims = Static<typeof AccessClaims>
export type RefreshClaims = Static<typeof RefreshClaims>

const isAccess = TypeCompiler.Compile(AccessClaims)
const isRefresh = TypeCompiler.Compile(RefreshClaims)

const typeOf = (claims: unknown) =>
  typeof claims === 'object' && claims !== null && 'type' in claims ? claims.type : undefined

type Dependencies = {
  jwt: JwtSigner
  accessTokenSigner: AccessTokenSigner
  /** The issuer and the audience of access tokens with asymmetric keys. */
  publicUrl: string
  clock: Clock
  newId: () => string
  accessTokenExpireSeconds: number
  refreshTokenExpireSeconds: number
}

/** Issues the tokens of a session and verifies tokens that clients send. */
export function createTokens ({ jwt, accessTokenSigner, publicUrl, clock, newId, ...ttl }: Dependencies) {
  /** Tolerates differences between the clocks of the replicas, in seconds. */
  const leewaySeconds = 60

  /** Rejects tokens from the future, and tokens whose lifetime is longer than that of issued ones (RFC 8725, 3.10). */
  const isPlausible = ({ iat, exp }: { iat: number, exp: number }, ttlSeconds: number) =>
    iat <= toNumericDate(clock()) + leewaySeconds && exp - iat <= ttlSeconds && exp > iat

  const isOver = ({ exp }: { exp: number }) => exp <= toNumericDate(clock())

  const requireBounded = (token: string) => {
    if (token.length > TOKEN_LENGTH_MAX) throw new InvalidToken()
  }

  /** RFC 9068, 2.2. There are no OAuth clients, so `client_id` names the server. */
  const external = { iss: publicUrl, aud: publicUrl, client_id: ISSUER }

  const signAccess = (claims: Omit<AccessClaims, 'iss'>): string | Promise<string> => accessTokenSigner.sign
    ? accessTokenSigner.sign({ ...external, ...claims })
    : jwt.sign({ iss: ISSUER, ...claims })

  /** Verifies the signature. `iss` and `aud` are what the claims must contain. */
  async function verifyAccess (token: string): Promise<Verified & { iss: string, aud: string | undefined }> {
    requireBounded(token)
    return accessTokenSigner.recognizes(token)
      ? { ...await accessTokenSigner.verify(token), iss: publicUrl, aud: publicUrl }
      : { claims: jwt.verify(token), iss: ISSUER, aud: undefined }
  }

  return {
    /**
     * Issues the tokens of a session. The refresh token depends on the state of the session only, so that a retry
     * returns the same one.
     */
    async issue ({ id, userId, generation, rotatedAt, expiresAt }: TokenState): Promise<TokenPair> {
      const base = { sub: userId, sid: id }
      const now = clock()
      const issuedAt = toNumericDate(now)
      const accessExp = Math.min(issuedAt + ttl.accessTokenExpireSeconds, toNumericDate(expiresAt))
      const rotated = toNumericDate(rotatedAt)
      const refreshExp = Math.min(rotated + ttl.refreshTokenExpireSeconds, toNumericDate(expiresAt))
      return {
        accessToken: await signAccess({ ...base, type: 'access', jti: newId(), iat: issuedAt, exp: accessExp }),
        refreshToken: jwt.sign({
          iss: ISSUER, ...base, type: 'refresh', gen: generation, jti: `${id}.${generation}`, iat: rotated, exp: refreshExp
        }),
        accessExpires: new Date(accessExp * 1000),
        refreshExpires: new Date(refreshExp * 1000),
        userId,
        sessionId: id
      }
    },

    /**
     * Until `usableUntil` the result may be remembered.
     * @throws InvalidToken, ExpiredToken or WrongTokenType
     */
    async readAccess (token: string): Promise<AccessClaims & { usableUntil: Date }> {
      const { claims, usableUntil, iss, aud } = await verifyAccess(token)
      if (typeOf(claims) !== 'access') throw new WrongTokenType()
      if (!isAccess.Check(claims) || claims.iss !== iss || claims.aud !== aud) throw new InvalidToken()
      if (isOver(claims)) throw new ExpiredToken()
      if (!isPlausible(claims, ttl.accessTokenExpireSeconds)) throw new InvalidToken()
      const expiresAt = new Date(claims.exp * 1000)
      return { ...claims, usableUntil: usableUntil && usableUntil < expiresAt ? usableUntil : expiresAt }
    },

    /** @throws InvalidRefreshToken for any problem */
    readRefresh (token: string): RefreshClaims {
      try {
        requireBounded(token)
        const claims = jwt.verify(token)
        const isOurs = isRefresh.Check(claims) && claims.iss === ISSUER
        if (isOurs && !isOver(claims) && isPlausible(claims, ttl.refreshTokenExpireSeconds)) return claims
      } catch (cause) {
        throw new InvalidRefreshToken(undefined, { cause })
      }
      throw new InvalidRefreshToken()
    }
  }
}

export type Tokens = ReturnType<typeof createTokens>
