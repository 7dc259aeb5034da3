import { type RequestLike, setIdentity } from './requests.ts'
import type { Requirements } from './requirements.ts'
import type { Verifier } from './verifier.ts'

/** Express or Connect middleware: later handlers run only if the request has a token that meets the requirements. */
export const requireIdentity = (verifier: Verifier, requirements: Requirements = {}) =>
  (request: RequestLike, _response: unknown, next: (error?: unknown) => void): void => {
    verifier.authenticate(request.headers.authorization, requirements).then(identity => {
      setIdentity(request, identity)
      next()
    }, next)
  }
