import { readFileSync } from 'node:fs'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { documentBase, finished } from '../../openapi/document.ts'
import { withScope } from '../../openapi/scopes.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../guard/cookies.ts'
import { API_KEY_NAME } from '../guard/credentials.ts'
import { fixedDocument } from './documents.ts'

const yamlFile = new URL('../../../openapi.yaml', import.meta.url)
const iconFile = new URL('../../../dist/console/icon.svg', import.meta.url)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The schema of the body in the document, where requests are validated by another one. */
    documentedBody?: object
  }
}

/** The OpenAPI 3.1 document at /openapi.json and /openapi.yaml, and pages to browse it at /docs. */
export const openapiPlugin = fp<{ version: string }>(async (app, { version }) => {
  const { basePath } = app.config
  const names = { access: ACCESS_COOKIE, refresh: REFRESH_COOKIE, apiKey: API_KEY_NAME }
  await app.register(fastifySwagger, {
    openapi: documentBase({ version, names, basePath }),
    transform: ({ schema, url, route: { config: { requires, documentedBody: body } = {} } }) =>
      ({ schema: withScope({ ...schema, ...body && { body } }, requires), url }),
    transformObject: document => finished('openapiObject' in document ? document.openapiObject : {})
  })
  await app.register(async docs => {
    docs.addHook('onRoute', docs.requireNothing)
    docs.get('/openapi.json', { schema: { hide: true } },
      fixedDocument('application/json', () => JSON.stringify(app.swagger())))
    docs.get('/openapi.yaml', { schema: { hide: true } },
      fixedDocument('application/yaml', () =>
        basePath === '' ? readFileSync(yamlFile, 'utf8') : app.swagger({ yaml: true })))

    const icon = readFileSync(iconFile)
    docs.addHook('onRequest', async (_, reply) => { reply.headers(docs.pageHeaders) })
    await docs.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      indexPrefix: basePath,
      logo: { type: 'image/svg+xml', content: icon, href: `${basePath}/docs`, target: '_self' },
      theme: {
        title: 'Flowgate API',
        favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: icon }]
      },
      uiConfig: { persistAuthorization: false, displayRequestDuration: true, docExpansion: 'list' }
    })
  })
}, { name: 'openapi', dependencies: ['security', 'authorization'] })
