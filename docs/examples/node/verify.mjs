// Reads a token from standard input and prints the identity, or exits with 1 and the reason.
import { text } from 'node:stream/consumers'
import { createVerifier } from 'flowgate/verify'

const verifier = createVerifier({ issuer: process.env.FLOWGATE_ISSUER, audience: process.env.FLOWGATE_AUDIENCE })
const token = (await text(process.stdin)).trim()
try {
  const { accountId, username, groups, scopes } = await verifier.verify(token)
  console.log(JSON.stringify({ accountId, username, groups, scopes }))
} catch (error) {
  // While the keys are not available, the token may be right: a service answers 503.
  const isUnavailable = error.code === 'unavailable'
  console.error(`${isUnavailable ? 'unavailable' : 'refused'}: ${error.reason ?? error.message}`)
  process.exitCode = isUnavailable ? 2 : 1
}
