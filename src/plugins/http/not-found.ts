import type { FastifyRequest } from 'fastify'
import findMyWay from 'find-my-way'
import fp from 'fastify-plugin'
import { MethodNotAllowed, NotFound } from '../../errors.ts'

/** Prefixes of programs' addresses: a browser gets JSON there, too. */
const DATA = /^\/(api|assets|docs)(\/|$)|\.\w+$/

/** Whether a browser navigates to a page. API clients do not ask for HTML. */
const wantsPage = ({ method, headers }: FastifyRequest, path: string) =>
  (method === 'GET' || method === 'HEAD') && /\btext\/html\b/.test(headers.accept ?? '') && !DATA.test(path)

/** 404 for unknown paths, 405 with Allow (RFC 9110, 15.5.6) for paths that have routes of other methods. */
export const notFoundPlugin = fp(async app => {
  const methodsByPath = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name.toUpperCase())
    methodsByPath.set(url, methods)
  })

  // The router of the framework, without methods.
  const paths = findMyWay({ ignoreTrailingSlash: true })
  app.addHook('onReady', async () => {
    for (const [url, methods] of methodsByPath) {
      if (url !== '*' && !paths.findRoute('GET', url)) paths.on('GET', url, () => {}, methods)
    }
  })

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods: Set<string> | undefined = paths.find('GET', path)?.store
    if (!methods && wantsPage(request, path)) return app.sendNotFoundPage(reply)
    // A route of this method may have found nothing to send.
    if (!methods || methods.has(request.method)) throw new NotFound()
    reply.header('allow', [...methods].sort().join(', '))
    throw new MethodNotAllowed()
  })
}, { name: 'not-found', dependencies: ['errors'] })
