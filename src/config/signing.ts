import { privateKeyProblem, publicKeyProblem } from '../crypto/signing-keys.ts'
import type { SetupProblem } from '../errors.ts'
import type { Problem } from './hosts.ts'
import { publicAddress } from './public-url.ts'
import type { SettingValues } from './settings.ts'

/** The `openssl` arguments that create a key for an algorithm. */
const commands = {
  RS256: 'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  RS512: 'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096',
  ES256: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  EdDSA: 'openssl genpkey -algorithm ED25519'
} as const

const REMOVE = 'remove it: Flowgate generates and rotates keys.'

function privateKeyMistake ({ algorithm, privateKey }: SettingValues): SetupProblem | undefined {
  if (privateKey === undefined) return undefined
  const subject = 'LANGFLOW_PRIVATE_KEY'
  if (algorithm === 'HS256') {
    return {
      subject,
      problem: 'does not match LANGFLOW_ALGORITHM=HS256, which signs with a key derived from LANGFLOW_SECRET_KEY',
      remedy: 'Set LANGFLOW_ALGORITHM to the algorithm of the key, e.g. RS256, or remove the key.'
    }
  }
  const problem = privateKeyProblem(privateKey, algorithm)
  return problem === undefined
    ? undefined
    : { subject, problem, remedy: `Create a key with \`${commands[algorithm]}\`, or ${REMOVE}` }
}

function publicKeyMistake ({ privateKey, publicKey }: SettingValues): SetupProblem | undefined {
  if (publicKey === undefined) return undefined
  const subject = 'LANGFLOW_PUBLIC_KEY'
  if (privateKey === undefined) {
    return {
      subject,
      problem: 'is set without LANGFLOW_PRIVATE_KEY, and a public key alone cannot sign',
      remedy: `Set LANGFLOW_PRIVATE_KEY (or LANGFLOW_PRIVATE_KEY_FILE), or ${REMOVE}`
    }
  }
  const problem = publicKeyProblem(publicKey, privateKey)
  const remedy = 'Remove it, or write the output of `openssl pkey -in PRIVATE_KEY -pubout`.'
  return problem === undefined ? undefined : { subject, problem, remedy }
}

/** Checks the keys from the settings. The public key is compared only with a valid private key. */
export function signingMistakes (values: SettingValues): SetupProblem[] {
  const problem = privateKeyMistake(values) ?? publicKeyMistake(values)
  return problem ? [problem] : []
}

/** Checks an audience: the `aud` of identity tokens. */
export function audienceProblem (text: string): Problem | undefined {
  return /^[\x21-\x7e]{1,200}$/.test(text)
    ? undefined
    : { problem: 'is not an audience', remedy: 'Use 1 to 200 printable ASCII characters without blanks, e.g. a URL.' }
}

/** An identity token for this server would resemble its access tokens. */
export function ownAudience (values: SettingValues): SetupProblem | undefined {
  const { identityAudiences, publicUrl } = values
  if (publicUrl === undefined || !URL.canParse(publicUrl)) return undefined
  const own = publicAddress(values).publicUrl
  return identityAudiences.some(each => each.replace(/\/+$/, '') === own)
    ? {
        subject: 'LANGFLOW_IDENTITY_AUDIENCES',
        problem: `contains ${own}, which is this server`,
        remedy: 'List the services that verify identity tokens.'
      }
    : undefined
}

/** Verifiers compare the issuer of a token with the address at which they find the keys. */
export function issuerWarning (values: SettingValues): SetupProblem | undefined {
  const { algorithm, identityAudiences, publicUrl } = values
  if (publicUrl !== undefined || (algorithm === 'HS256' && identityAudiences.length === 0)) return undefined
  return {
    subject: 'LANGFLOW_PUBLIC_URL',
    problem: `is not set: the issuer of tokens is ${publicAddress(values).publicUrl}`,
    remedy: 'Set it to the URL at which other services reach this server, the same for every replica.'
  }
}
