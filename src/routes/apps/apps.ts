import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentUrlAccess } from '../../presenters/apps/apps.ts'
import { UrlAccess, UrlQuery } from '../../schemas/apps/apps.ts'
import { anyCredential, failures } from '../../schemas/common.ts'

/** What accounts may do with the apps behind the proxies. */
export const appRoutes: FastifyPluginAsyncTypebox = async app => {
  app.get('/access', {
    config: { requires: 'account:read' },
    schema: {
      operationId: 'readAccess',
      tags: ['protected apps'],
      summary: 'Read whether you may open a URL of a protected app',
      description: 'For sign-in pages: redirect only to `url` of the response. 404 if no access rule names the host.',
      security: anyCredential,
      querystring: UrlQuery,
      response: { 200: UrlAccess, ...failures(401, 403, 404) }
    }
  }, async ({ query, principal }) => presentUrlAccess(app.services.protectedApps.examine(query.url, principal)))
}
