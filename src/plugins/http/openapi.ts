import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { documentBase, finished } from '../../openapi/document.ts'
import { ACCESS_COOKIE, REFRESH_COOKIE } from '../guard/cookies.ts'
import { API_KEY_NAME } from '../guard/credentials.ts'

const yamlFile = new URL('../../../openapi.yaml', import.meta.url)
const iconFile = new URL('../../../dist/console/icon.svg', import.meta.url)

/** Sends the same text to everyone, with an ETag (RFC 9110, 8.8.3). The text is created on first use. */
function sendDocument (type: string, create: () => string) {
  let document: { text: string, etag: string } | undefined
  return async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    if (!document) {
      const text = create()
      document = { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
    }
    reply.headers({ etag: document.etag, 'cache-control': 'no-cache' })
    // Weak comparison: a proxy that compresses the response may have weakened the tag.
    const known = headers['if-none-match']?.split(',').map(tag => tag.trim().replace(/^W\//, '')) ?? []
    if (known.includes('*') || known.includes(document.etag)) return reply.code(304).send()
    return reply.type(type).send(document.text)
  }
}

/** The OpenAPI 3.1 document at /openapi.json and /openapi.yaml, and pages to browse it at /docs. */
export const openapiPlugin = fp<{ version: string }>(async (app, { version }) => {
  await app.register(fastifySwagger, {
    openapi: documentBase(version, { access: ACCESS_COOKIE, refresh: REFRESH_COOKIE, apiKey: API_KEY_NAME }),
    transformObject: document => finished('openapiObject' in document ? document.openapiObject : {})
  })
  await app.register(async docs => {
    docs.addHook('onRoute', docs.requireNothing)
    docs.get('/openapi.json', { schema: { hide: true } },
      sendDocument('application/json', () => JSON.stringify(app.swagger())))
    docs.get('/openapi.yaml', { schema: { hide: true } },
      sendDocument('application/yaml', () => readFileSync(yamlFile, 'utf8')))

    const icon = readFileSync(iconFile)
    docs.addHook('onRequest', async (_, reply) => { reply.headers(docs.pageHeaders) })
    await docs.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      logo: { type: 'image/svg+xml', content: icon, href: '/docs', target: '_self' },
      theme: {
        title: 'Flowgate API',
        favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: icon }]
      },
      uiConfig: { persistAuthorization: false, displayRequestDuration: true, docExpansion: 'list' }
    })
  })
}, { name: 'openapi', dependencies: ['security', 'authorization'] })
