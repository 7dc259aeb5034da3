import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

/** Where Vite puts the console: beside us when compiled, in `dist` when run from source. */
const folder = fileURLToPath(new URL('../../../dist/console/', import.meta.url))

/** The console's own addresses; its router takes over from there. */
const pages = ['/', '/login', '/signup', '/admin', '/flows', '/settings', '/settings/*']

/** The web pages: files for everybody. What they show comes from the API, with its guards. */
export const consoleRoutes: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRoute', app.requireNothing)
  // An asset's name holds the hash of its content: it never changes.
  app.addHook('onRequest', async (_, reply) => {
    reply.headers(app.pageHeaders)
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
  })
  await app.register(fastifyStatic, {
    root: `${folder}assets/`,
    prefix: '/assets/',
    // A route for each file there is: whatever else is asked for below the prefix is not found.
    wildcard: false,
    index: false,
    globIgnore: ['**/*.{br,gz}'],
    // The build leaves a `.br` and a `.gz` beside each asset: a third of the bytes travel, and nothing is compressed
    // while somebody waits.
    preCompressed: true,
    cacheControl: false
  })

  app.get('/favicon.ico', { schema: { hide: true } }, async (_, reply) =>
    reply.header('cache-control', 'public, max-age=86400').sendFile('favicon.ico', folder))

  for (const url of pages) {
    app.get(url, { schema: { hide: true } }, async (_, reply) =>
      reply.header('cache-control', 'no-cache').sendFile('index.html', folder))
  }
}
