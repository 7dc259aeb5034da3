import findMyWay from 'find-my-way'
import fp from 'fastify-plugin'
import { MethodNotAllowed, NotFound } from '../../errors.ts'

/** 404 for paths nobody serves, 405 with Allow (RFC 9110, 15.5.6) for those served under other methods. */
export const notFoundPlugin = fp(async app => {
  const methodsByPath = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name.toUpperCase())
    methodsByPath.set(url, methods)
  })

  // The framework's own router, again, with the method left out.
  const paths = findMyWay({ ignoreTrailingSlash: true })
  app.addHook('onReady', async () => {
    for (const [url, methods] of methodsByPath) {
      if (url !== '*' && !paths.findRoute('GET', url)) paths.on('GET', url, () => {}, methods)
    }
  })

  app.setNotFoundHandler((request, reply) => {
    const found = paths.find('GET', request.url.split('?')[0] ?? '')
    const methods: Set<string> | undefined = found?.store
    // A route of that method may have found nothing to send, either.
    if (!methods || methods.has(request.method)) throw new NotFound()
    reply.header('allow', [...methods].sort().join(', '))
    throw new MethodNotAllowed()
  })
}, { name: 'not-found', dependencies: ['errors'] })
