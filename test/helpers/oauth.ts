import { createSign, sign as signBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

type Headers = Record<string, string>

/** Sends a form to an endpoint of OAuth. */
export const postForm = (
  app: FastifyInstance, url: string, fields: Record<string, string> | string, headers: Headers = {}
) => app.inject({
  method: 'POST',
  url,
  payload: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }
})

export const introspect = (app: FastifyInstance, token: string, headers: Headers) =>
  postForm(app, '/oauth2/introspect', { token }, headers)

/** Exchanges a credential; `fields` replaces parameters. */
export const exchange = (app: FastifyInstance, token: string, fields: Record<string, string> = {}) =>
  postForm(app, '/oauth2/token', {
    grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, audience: 'reports', ...fields
  })

/** Header and claims of a token, not verified. */
export function decode (token: string): { header: Record<string, string>, claims: Record<string, any> } {
  const [header = '', claims = ''] = token.split('.').map(part => Buffer.from(part, 'base64url').toString())
  return { header: JSON.parse(header), claims: JSON.parse(claims) }
}

/** A stored signing key, and a function that signs claims with it. */
export async function storedKey (app: FastifyInstance, algorithm: string) {
  const row = await app.database.client.signingKey.findFirstOrThrow({
    where: { algorithm }, orderBy: { activatesAt: 'desc' }
  })
  const pem = app.crypto.box.decrypt(row.privateKey ?? '', `signing_keys.private_key:${row.id}:${row.id}`)
  const sign = (claims: object, header: object = {}) => {
    const parts = [{ alg: algorithm, typ: 'at+jwt', kid: row.kid, ...header }, claims]
    const text = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${signText(algorithm, pem, text).toString('base64url')}`
  }
  return { ...row, pem, sign }
}

function signText (algorithm: string, pem: string, text: string): Buffer {
  if (algorithm === 'EdDSA') return signBytes(null, Buffer.from(text), pem)
  const hash = algorithm.endsWith('512') ? 'sha512' : 'sha256'
  return createSign(hash).update(text).sign({ key: pem, dsaEncoding: 'ieee-p1363' })
}
