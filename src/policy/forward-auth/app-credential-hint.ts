import { API_KEY_PREFIX } from '../../crypto/api-keys.ts'
import { credentialHint } from '../requests/credential-hints.ts'

/**
 * Describes the most likely mistake in a credential that was refused in a request to an app, where Authorization may
 * contain an API key. Never contains a part of the credential.
 * @returns undefined if the cause is unknown
 */
export function appCredentialHint (
  { authorization = '', apiKey }: { authorization?: string | undefined, apiKey?: string | undefined }
): string | undefined {
  const [, scheme = '', value = ''] = /^(basic|bearer)\s+(.*)$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'basic') return 'Basic authentication needs an API key as the password.'
  if (value.startsWith(API_KEY_PREFIX)) return 'The API key is incomplete or mistyped.'
  if (scheme !== '') return credentialHint({ bearer: value })
  return credentialHint({ apiKey, ...(authorization !== '' && { authorization }) })
}
