import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

/** The addresses of the console's pages, as in src/console/app.tsx. */
const pages = [
  '/', '/login', '/signup', '/no-access', '/flows',
  '/admin', '/admin/users/:user_id', '/admin/service-accounts', '/admin/api-keys',
  '/settings', '/settings/api-keys', '/settings/variables', '/settings/sessions', '/settings/account'
]

/** The web console: public files. Its data comes from the API. */
export const consoleRoutes: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRoute', app.requireNothing)
  // The name of an asset contains the hash of its content, so it never changes.
  app.addHook('onRequest', async (_, reply) => {
    reply.headers(app.pageHeaders)
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
  })
  await app.register(fastifyStatic, {
    root: `${app.consoleFolder}assets/`,
    prefix: '/assets/',
    // Adds one route for each file instead of a wildcard.
    wildcard: false,
    index: false,
    globIgnore: ['**/*.{br,gz}'],
    // The build writes a `.br` and a `.gz` file beside each asset, so nothing is compressed at runtime.
    preCompressed: true,
    cacheControl: false
  })

  app.get('/favicon.ico', { schema: { hide: true } }, async (_, reply) =>
    reply.header('cache-control', 'public, max-age=86400').sendFile('favicon.ico', app.consoleFolder))

  const sendPage = app.sendPageBelowPath ?? (async (_, reply) =>
    reply.header('cache-control', 'no-cache').sendFile('index.html', app.consoleFolder))
  for (const url of pages) app.get(url, { schema: { hide: true } }, sendPage)
}
