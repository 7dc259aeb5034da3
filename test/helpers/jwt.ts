import { createHmac, hkdfSync } from 'node:crypto'
import { TEST_KEY } from './app.ts'

type Claims = Record<string, unknown>

/** The claims of a token, unverified. */
export const decodeJwt = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The signing key of the tests' app, derived as documented. */
export const signingKey = Buffer.from(
  hkdfSync('sha256', TEST_KEY.replace(/=+$/, ''), '', 'flowgate jwt hs256 v1', 32))

/** Creates a token with any claims and header, with or without the right key. */
export function forgeJwt (claims: Claims, { header = {}, key = signingKey, hash = 'sha256' } = {}) {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
}
