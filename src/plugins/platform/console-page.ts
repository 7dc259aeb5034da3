import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The folder of the built web console. */
    consoleFolder: string
    /** Sends the console's page with status 404: its router shows that the address does not exist. */
    sendNotFoundPage: (reply: FastifyReply) => Promise<FastifyReply>
  }
}

/** The files of the web console, and its page for addresses that do not exist. */
export const consolePagePlugin = fp(async app => {
  // The same folder for the compiled server in `dist` and for one that runs from source.
  const folder = fileURLToPath(new URL('../../../dist/console/', import.meta.url))
  let page: Promise<string> | undefined
  app.decorate('consoleFolder', folder)
  app.decorate('sendNotFoundPage', async reply => {
    page ??= readFile(join(folder, 'index.html'), 'utf8')
    const html = await page
    return reply.code(404).headers(app.pageHeaders).header('cache-control', 'no-store').type('text/html').send(html)
  })
}, { name: 'console-page', dependencies: ['security'] })
