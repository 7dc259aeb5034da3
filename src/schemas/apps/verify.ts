import { Type } from '@sinclair/typebox'

/** The request may pass. The response has no body. */
export const Admitted = Type.Null({
  description: 'The request may pass. The proxy sets all identity headers of the response on the request to the app.'
})

/** A browser is sent to another page. */
export const Redirected = Type.Null({
  description: 'For browsers: the sign-in page, or the page that says what is missing.'
})
