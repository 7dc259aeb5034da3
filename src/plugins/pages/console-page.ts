import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { fixedDocument } from './documents.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The folder of the built web console. */
    consoleFolder: string
    /** Sends the console's page with the base path; undefined if there is none: the file is sent unchanged. */
    sendPageBelowPath: ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) | undefined
    /** Sends the console's page with status 404: its router shows that the address does not exist. */
    sendNotFoundPage: (reply: FastifyReply) => Promise<FastifyReply>
  }
}

/** Writes the base path into the addresses of the page, and into the element that src/console/base-path.ts reads. */
const withBasePath = (html: string, basePath: string) => html
  .replaceAll('="/assets/', `="${basePath}/assets/`)
  .replace('<meta charset="utf-8">', found => `${found}\n    <meta name="base-path" content="${basePath}">`)

/** The files of the web console, and its page for addresses that do not exist. */
export const consolePagePlugin = fp(async app => {
  const { basePath } = app.config
  // The same folder for the compiled server in `dist` and for one that runs from source.
  const folder = fileURLToPath(new URL('../../../dist/console/', import.meta.url))
  let page: string | undefined
  const readPage = () => {
    if (page === undefined) {
      const html = readFileSync(join(folder, 'index.html'), 'utf8')
      page = basePath === '' ? html : withBasePath(html, basePath)
    }
    return page
  }
  app.decorate('consoleFolder', folder)
  app.decorate('sendPageBelowPath', basePath === '' ? undefined : fixedDocument('text/html; charset=utf-8', readPage))
  app.decorate('sendNotFoundPage', async (reply: FastifyReply) =>
    reply.code(404).headers(app.pageHeaders).header('cache-control', 'no-store').type('text/html').send(readPage()))
}, { name: 'console-page', dependencies: ['config', 'security'] })
