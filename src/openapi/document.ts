import { withDescriptions } from './descriptions.ts'
import { withExamples } from './examples.ts'
import { withNamedSchemas } from './schemas.ts'
import { grants } from '../policy/grants.ts'
import { tags } from './tags.ts'

/** Names of the cookies and of the header that carry credentials. */
type Names = { access: string, refresh: string, apiKey: string }

type Options = { version: string, names: Names, basePath: string }

const summaries = Object.fromEntries(Object.entries(grants).map(([name, { summary }]) => [name, summary]))

/** The document without its paths. */
export const documentBase = ({ version, names: { access, refresh, apiKey }, basePath }: Options) => ({
  openapi: '3.1.0',
  info: {
    title: 'Flowgate',
    version,
    description: 'Langflow\'s authentication API: accounts, sessions, API keys and encrypted secrets.\n\n' +
      'Sign in with `POST /api/v1/login` and send the access token as `Authorization: Bearer …`, or send an API key ' +
      'in `x-api-key`. An API key may be restricted to the scopes that the operations name. Every error response is ' +
      'JSON with a stable `code`.',
    license: { name: 'MIT', identifier: 'MIT' }
  },
  servers: [{ url: basePath || '/', description: 'The server that serves this document.' }],
  tags,
  components: {
    securitySchemes: {
      password: {
        type: 'oauth2' as const,
        description: 'Sign in with username and password. Sent like `bearer`.',
        flows: { password: { tokenUrl: `${basePath}/api/v1/login`, scopes: summaries } }
      },
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
        description: 'The access token in a cookie. Requests that change something need an Origin of this server.'
      },
      apiKey: {
        type: 'apiKey' as const, in: 'header', name: apiKey, description: 'An API key of the account: `sk-…`.'
      },
      clientBasic: {
        type: 'http' as const,
        scheme: 'basic',
        description: 'An API key as the password, with any user name. Only `POST /oauth2/introspect` accepts it.'
      },
      refreshCookie: {
        type: 'apiKey' as const,
        in: 'cookie',
        name: refresh,
        description: 'The refresh token. Only `POST /api/v1/refresh` and `POST /api/v1/logout` accept it.'
      }
    }
  }
})

/** The published document: named schemas with an example each, and a description of every response. */
export const finished = <T extends object>(document: T): T =>
  withDescriptions(withExamples(withNamedSchemas(document)))
