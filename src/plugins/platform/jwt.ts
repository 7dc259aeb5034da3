import fastifyJwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import fp from 'fastify-plugin'
import { isCanonical } from '../../crypto/jwt.ts'
import { InvalidToken } from '../../errors.ts'
import type { JwtSigner } from '../../services/sign-in/tokens.ts'

declare module 'fastify' {
  interface FastifyInstance { jwtSigner: JwtSigner }
}

/**
 * The header (RFC 7515, 4.1) of all tokens that are signed with HS256. Any other header (`alg`, `kid`, `jku`, `crit`,
 * `zip` …) is rejected before anything is parsed (RFC 8725, 3.1).
 */
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')

/** `app.jwtSigner`: signs with the key derived from the current secret key, and verifies with all configured keys. */
export const jwtPlugin = fp(async app => {
  const namespaces = app.crypto.keys.map((_, index) => `key${index}`)
  for (const [index, { jwtKey }] of app.crypto.keys.entries()) {
    const options: FastifyJWTOptions = {
      namespace: `key${index}`,
      secret: jwtKey,
      sign: { algorithm: 'HS256' },
      verify: {
        algorithms: ['HS256'],
        requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti', 'type'],
        // Uses the clock of this machine. services/sign-in/tokens.ts checks expiry by the database's clock.
        ignoreExpiration: true
      }
    }
    await app.register(fastifyJwt, options)
  }
  // The types of the plugin do not include namespaces. Each namespace is a JWT object under its name.
  const signers = namespaces.map(name => (app.jwt as unknown as Record<string, JWT>)[name])
    .filter(signer => signer !== undefined)

  app.decorate('jwtSigner', {
    sign: claims => {
      const [current] = signers
      if (!current) throw new Error('no key to sign with')
      return current.sign(claims)
    },
    verify: token => {
      if (!token.startsWith(`${header}.`) || !isCanonical(token.slice(token.lastIndexOf('.') + 1))) {
        throw new InvalidToken()
      }
      let reason: unknown
      for (const signer of signers) {
        try {
          return signer.verify(token)
        } catch (error) {
          reason = error
        }
      }
      throw new InvalidToken(undefined, { cause: reason })
    }
  } satisfies JwtSigner)
}, { name: 'jwt', dependencies: ['crypto'] })
