import type { FastifyInstance, preValidationHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidTarget, UnsupportedGrantType } from '../../errors.ts'
import { type Grant, grants } from '../../policy/grants.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Every scope that a token can have, in alphabetical order. */
    scopes: readonly Grant[]
    /** Makes the routes of this scope authenticate clients only in ways that browsers do not do automatically. */
    takeClientCredentialsOnly: () => void
    /** A hook that refuses forms with another grant type. @throws UnsupportedGrantType */
    requireGrantType: (grantType: string) => preValidationHookHandler
    /** A hook that refuses forms with several audiences or a resource (RFC 8693, 2.2.2). @throws InvalidTarget */
    requireOneAudience: preValidationHookHandler
  }
  interface FastifyRequest {
    /** Whether the route takes client credentials only (plugins/oauth/client-credentials.ts). */
    takesClientCredentials: boolean
  }
}

export const oauthPlugin = fp(async app => {
  app.decorate('scopes', (Object.keys(grants) as Grant[]).sort()) // keys of a literal
  app.decorateRequest('takesClientCredentials', false)
  app.decorate('takeClientCredentialsOnly', function (this: FastifyInstance) {
    this.addHook('onRequest', (request, _reply, done) => {
      request.takesClientCredentials = true
      done()
    })
  })
  app.decorate('requireGrantType', grantType => (request, _reply, done) => {
    const sent = (request.body as { grant_type?: unknown } | null)?.grant_type // a form, or nothing
    done(typeof sent === 'string' && sent !== '' && sent !== grantType
      ? new UnsupportedGrantType(`Only the grant type ${grantType} is supported`)
      : undefined)
  })
  app.decorate('requireOneAudience', (request, _reply, done) => {
    const { audience, resource } = request.body as { audience?: unknown, resource?: unknown } // a form
    done(Array.isArray(audience) || resource !== undefined
      ? new InvalidTarget('A token is for one service: name it in audience, without resource')
      : undefined)
  })
}, { name: 'oauth' })
