import { createHmac } from 'node:crypto'
import { type CryptoKey, exportSPKI, importJWK, type JWK } from 'jose'
import { createSigningKey, identityClaims, type SigningKey, signToken } from './issuer.ts'

/** A token, and whether a verifier for the audience must accept it. */
export type TokenCase = { name: string, token: string, isRight: boolean }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())

/** Joins header and payload with an HMAC by a public text. */
function symmetric (header: object, payload: object, secret: string) {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/**
 * The tokens that anybody can make from a right token and the published keys.
 * @param attackerJwks an address of the attacker, where the keys of the attacker are published
 */
export async function forgedTokens (right: string, keys: JWK[], attackerJwks: string): Promise<TokenCase[]> {
  const [head, body, signature = ''] = right.split('.')
  const [header, payload] = [decode(head), decode(body)]
  const own = keys.find(({ kid }) => kid === header.kid)
  if (!own) throw new Error('the key of the right token is not published')
  const pem = await exportSPKI(await importJWK(own, header.alg) as CryptoKey) // an asymmetric key
  const attacker = await createSigningKey(header.alg)
  const forge = (header: object = {}, claims = payload) => signToken({ claims, header: { ...header } }, attacker)
  const { kid } = header
  const middle = Math.floor(signature.length / 2)
  const flipped = signature.slice(0, middle) + (signature[middle] === 'A' ? 'B' : 'A') + signature.slice(middle + 1)
  const other = encode({ ...payload, sub: '00000000-0000-4000-8000-000000000000' })
  const tokens: Record<string, string> = {
    'a tampered payload': `${head}.${other}.${signature}`,
    'a tampered signature': `${head}.${body}.${flipped}`,
    'a tampered header': `${encode({ ...header, kid: attacker.kid })}.${body}.${signature}`,
    'no signature': `${head}.${body}.`,
    'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
    'alg none with a signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'HS256 signed with the public key as PEM': symmetric({ ...header, alg: 'HS256' }, payload, pem),
    'HS256 signed with the public key as trimmed PEM': symmetric({ ...header, alg: 'HS256' }, payload, pem.trim()),
    'HS256 signed with the public key as JWK': symmetric({ ...header, alg: 'HS256' }, payload, JSON.stringify(own)),
    'HS256 without key ID': symmetric({ alg: 'HS256', typ: 'JWT' }, payload, pem),
    'an unknown key ID': await forge(),
    'no key ID': await forge({ kid: undefined }),
    'the key ID of another key': await forge({ kid }),
    jku: await forge({ jku: attackerJwks }),
    'jku and the key ID of another key': await forge({ kid, jku: attackerJwks }),
    x5u: await forge({ kid, x5u: attackerJwks }),
    jwk: await forge({ jwk: attacker.jwk }),
    'jwk and the key ID of another key': await forge({ kid, jwk: attacker.jwk }),
    crit: await forge({ kid, crit: ['exp'], exp: 1 }),
    'an empty text': '',
    'three dots': '...',
    'a text that is no token': 'flowgate',
    'a token that is too long': `${head}.${encode({ ...payload, padding: 'x'.repeat(5000) })}.${signature}`
  }
  return Object.entries(tokens).map(([name, token]) => ({ name, token, isRight: false }))
}

/** The tokens that only the holder of the issuer's keys can make. */
export async function signedTokens (
  { issuer, audience, key, otherKey }: { issuer: string, audience: string, key: SigningKey, otherKey?: SigningKey }
): Promise<TokenCase[]> {
  const right = identityClaims(issuer, audience)
  const { iat } = right
  const sign = (claims: object = {}, header: Record<string, unknown> = {}, signer = key) =>
    signToken({ claims: { ...right, ...claims }, header }, signer)
  const wrong: Record<string, string> = {
    'an expired token': await sign({ iat: iat - 900, exp: iat - 600 }),
    'no expiry': await sign({ exp: undefined }),
    'another audience': await sign({ aud: 'invoices' }),
    'an audience that begins the same': await sign({ aud: `${audience}-2` }),
    'no audience': await sign({ aud: undefined }),
    'another issuer': await sign({ iss: 'https://other.example' }),
    'an issuer that begins the same': await sign({ iss: `${issuer}/` }),
    'no issuer': await sign({ iss: undefined }),
    'not yet valid': await sign({ iat: iat + 3600, nbf: iat + 3600, exp: iat + 3900 }),
    'an access token for another audience': await sign({ aud: issuer }, { typ: 'at+jwt' }),
    'an unknown critical header': await sign({}, { crit: ['urn:example:x'], 'urn:example:x': true }),
    ...otherKey && { 'the key ID of another key of the issuer': await sign({}, { kid: otherKey.kid }) }
  }
  const accepted: Record<string, string> = {
    'a right token': await sign(),
    ...otherKey && { [`a right token signed with ${otherKey.alg}`]: await sign({}, {}, otherKey) }
  }
  return [
    ...Object.entries(accepted).map(([name, token]) => ({ name, token, isRight: true })),
    ...Object.entries(wrong).map(([name, token]) => ({ name, token, isRight: false }))
  ]
}
