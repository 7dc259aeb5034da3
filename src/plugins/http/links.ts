import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { API_KEY_NAME } from '../guard/credentials.ts'

/** The page of a list: by offset, or by number. */
type Page = { total: number } & ({ skip: number, limit: number } | { page: number, size: number })

declare module 'fastify' {
  interface FastifyReply {
    /** Sets `Link: <…>; rel="next"` (RFC 8288), unless this is the last page of the list. */
    linkNext: (page: Page) => FastifyReply
  }
}

/** The query of the next page, and how many items come before it. */
function nextOf (page: Page): { start: number, query: Record<string, number> } {
  if ('skip' in page) {
    const start = page.skip + page.limit
    return { start, query: { skip: start, limit: page.limit } }
  }
  return { start: page.page * page.size, query: { page: page.page + 1, size: page.size } }
}

/** The addresses in response headers. Routes do not know the base path. */
export const linksPlugin = fp(async app => {
  const { basePath } = app.config
  app.decorateReply('linkNext', function (this: FastifyReply, page) {
    const { start, query } = nextOf(page)
    if (start >= page.total) return this
    const [path = '', search] = this.request.url.split('?')
    const parameters = new URLSearchParams(search)
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value))
    // Clients may send an API key in the query. A response must not repeat it.
    parameters.delete(API_KEY_NAME)
    return this.header('link', `<${basePath}${path}?${parameters}>; rel="next"`)
  })

  if (basePath === '') return
  app.addHook('onSend', (_request, reply, payload, done) => {
    const location = reply.getHeader('location')
    if (typeof location === 'string' && location.startsWith('/')) reply.header('location', basePath + location)
    done(null, payload)
  })
}, { name: 'links', dependencies: ['config'] })
