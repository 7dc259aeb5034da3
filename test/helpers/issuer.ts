import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Test } from 'tap'

export type SigningKey = { alg: string, kid: string, privateKey: CryptoKey, publicKey: CryptoKey, jwk: JWK }

/** A key pair as Flowgate has them: its ID is the RFC 7638 thumbprint. */
export async function createSigningKey (alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const parameters = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(parameters)
  return { alg, kid, privateKey, publicKey, jwk: { ...parameters, kid, use: 'sig', alg } }
}

type Parts = { claims?: Record<string, unknown>, header?: Record<string, unknown> }

/** The claims of an identity token. */
export function identityClaims (issuer: string, audience: string, now = Date.now()) {
  const iat = Math.floor(now / 1000)
  return {
    iss: issuer, aud: audience, sub: '0b8e0f5e-7a36-4b47-8d2c-1f2f4c6f5a10', preferred_username: 'ada', name: 'ada',
    groups: ['superusers'], access: 'admin', scope: 'flows:read flows:write', amr: ['pwd'], auth_time: iat - 60,
    sid: '5d3bd0c2-24c5-4f0e-9f9c-6a4b0f7a2f01', jti: 'token-1', iat, exp: iat + 300
  }
}

/** Signs claims; members that are undefined are omitted. */
export function signToken ({ claims = {}, header = {} }: Parts, key: SigningKey): Promise<string> {
  const critical: string[] = Array.isArray(header['crit']) ? header['crit'] : []
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header })
    .sign(key.privateKey, { crit: Object.fromEntries(critical.map(name => [name, true])) })
}

/** An HTTP server that publishes keys as Flowgate does, and counts requests for them. */
export async function startIssuer (t: Test, keys: SigningKey[], path = '') {
  const state = {
    keys,
    requests: 0,
    /** Answers a request for the keys. */
    respond: (response: ServerResponse): void => {
      response.setHeader('content-type', 'application/json').setHeader('cache-control', 'public, max-age=300')
      response.end(JSON.stringify({ keys: state.keys.map(({ jwk }) => jwk) }))
    }
  }
  const server = createServer((request, response) => {
    if (request.url === `${path}/.well-known/jwks.json`) {
      state.requests++
      state.respond(response)
    } else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens
  const stop = () => new Promise<void>(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
  t.teardown(stop)
  const url = `http://127.0.0.1:${port}${path}`
  return Object.assign(state, {
    url,
    stop,
    restart: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    /** A token for the audience `reports`, with other claims and headers. */
    sign: ({ claims, header = {}, key = state.keys[0] }: Parts & { key?: SigningKey } = {}) =>
      signToken({ claims: { ...identityClaims(url, 'reports'), ...claims }, header }, key)
  })
}

export type FakeIssuer = Awaited<ReturnType<typeof startIssuer>>
