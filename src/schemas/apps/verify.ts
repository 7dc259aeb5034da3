import { Type } from '@sinclair/typebox'
import { APPS_SCOPE } from '../../policy/grants.ts'

/** The request may pass. The response has no body. */
export const Admitted = Type.Null({
  description: 'The request may pass. The proxy sets all identity headers of the response on the request to the app.'
})

/** A browser is sent to another page. */
export const Redirected = Type.Null({
  description: 'For browsers: the sign-in page, or the page that says what is missing.'
})

/** Every credential that an app request can have, and the scope that it needs. */
export const appCredential: Array<Record<string, string[]>> =
  [{}, ...['bearer', 'cookie', 'refreshCookie', 'apiKey'].map(scheme => ({ [scheme]: [APPS_SCOPE] }))]
