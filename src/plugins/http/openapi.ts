import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { documentBase, finished } from '../../openapi/document.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../guard/cookies.ts'
import { API_KEY_NAME } from '../guard/credentials.ts'

/** The document (OpenAPI 3.1) at /openapi.json, made from the routes' schemas; pages to browse it at /docs. */
export const openapiPlugin = fp<{ version: string }>(async (app, { version }) => {
  await app.register(fastifySwagger, {
    openapi: documentBase(version, { access: ACCESS_COOKIE, refresh: REFRESH_COOKIE, apiKey: API_KEY_NAME }),
    transformObject: document => finished('openapiObject' in document ? document.openapiObject : {})
  })
  await app.register(async docs => {
    docs.addHook('onRoute', docs.requireNothing)
    await docs.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })

    let body: string | undefined
    docs.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
      body ??= JSON.stringify(app.swagger())
      return reply.type('application/json').send(body)
    })
  })
}, { name: 'openapi', dependencies: ['security', 'authorization'] })
