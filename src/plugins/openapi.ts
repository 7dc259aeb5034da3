import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { hoistTitled } from '../openapi/hoist.ts'
import { withOptionalDefaults } from '../openapi/optional.ts'
import { withStorablePattern } from '../openapi/storable.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from './cookies.ts'
import { API_KEY_NAME } from './credentials.ts'

/** The document (OpenAPI 3.1) at /openapi.json, made from the routes' schemas; pages to browse it at /docs. */
export const openapiPlugin = fp<{ version: string }>(async (app, { version }) => {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Flowgate',
        version,
        description: 'Langflow\'s authentication API: accounts, sessions, API keys and encrypted secrets.',
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          cookie: { type: 'apiKey', in: 'cookie', name: ACCESS_COOKIE },
          apiKey: { type: 'apiKey', in: 'header', name: API_KEY_NAME },
          refreshCookie: { type: 'apiKey', in: 'cookie', name: REFRESH_COOKIE }
        }
      }
    },
    transformObject: document =>
      hoistTitled(withStorablePattern(withOptionalDefaults(
        'openapiObject' in document ? document.openapiObject : {})))
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })

  let body: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
    body ??= JSON.stringify(app.swagger())
    return reply.type('application/json').send(body)
  })
}, { name: 'openapi', dependencies: ['security'] })
