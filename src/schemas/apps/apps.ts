import { Type } from '@sinclair/typebox'

/** The query of a request about a URL. */
export const UrlQuery = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 8192, description: 'An http or https URL of a protected app.' })
}, { title: 'UrlQuery' })

const Reason = Type.Object({
  code: Type.Union([
    Type.Literal('no_rule'), Type.Literal('superuser'), Type.Literal('account'), Type.Literal('scope'),
    Type.Literal('second_factor')
  ], { description: 'What is missing, for programs. New codes may be added.' }),
  text: Type.String({ description: 'What is missing, for people.' })
}, { title: 'AccessReason' })

/** Whether the account may open a URL. */
export const UrlAccess = Type.Object({
  url: Type.String({ description: 'The URL in its normalized spelling. Redirects may lead to it.' }),
  allowed: Type.Boolean(),
  reasons: Type.Array(Reason)
}, { title: 'UrlAccess' })
