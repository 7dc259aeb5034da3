import { withDescriptions } from './descriptions.ts'
import { withExamples } from './examples.ts'
import { hoistTitled } from './hoist.ts'
import { withOptionalDefaults } from './optional.ts'
import { withNullableEnums, withRequiredBodies } from './requests.ts'
import { withStorablePattern } from './storable.ts'
import { tags } from './tags.ts'

/** What credentials are called on the wire. */
type Names = { access: string, refresh: string, apiKey: string }

/** The document but for its paths. */
export const documentBase = (version: string, { access, refresh, apiKey }: Names) => ({
  openapi: '3.1.0',
  info: {
    title: 'Flowgate',
    version,
    description: 'Langflow\'s authentication API: accounts, sessions, API keys and encrypted secrets.\n\n' +
      'Sign in with `POST /api/v1/login`, send the access token as `Authorization: Bearer …`, or an API key in ' +
      '`x-api-key`. Every failure is JSON with a stable `code`.',
    license: { name: 'MIT', identifier: 'MIT' }
  },
  servers: [{ url: '/', description: 'The server this document came from.' }],
  tags,
  components: {
    securitySchemes: {
      bearer: {
        type: 'http' as const,
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The `access_token` of a sign-in.'
      },
      cookie: {
        type: 'apiKey' as const,
        in: 'cookie',
        name: access,
        description: 'The same token as browsers keep it. A change needs an Origin of this server.'
      },
      apiKey: {
        type: 'apiKey' as const, in: 'header', name: apiKey, description: 'An API key of the account: `sk-…`.'
      },
      refreshCookie: {
        type: 'apiKey' as const, in: 'cookie', name: refresh, description: 'The refresh token, for fresh tokens alone.'
      }
    }
  }
})

/** The document as it is published: named schemas, each with an example, and a description of every answer. */
export const finished = <T extends object>(document: T): T =>
  [withOptionalDefaults, withStorablePattern, withRequiredBodies, withNullableEnums, hoistTitled, withExamples,
    withDescriptions].reduce((done: T, step) => step(done), document)
