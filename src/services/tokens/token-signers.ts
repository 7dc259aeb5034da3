import { isCanonical, isHeader, type SignToken } from '../../crypto/jwt.ts'
import type { SigningAlgorithm } from '../../crypto/signing-keys.ts'
import { InvalidToken } from '../../errors.ts'
import type { AccessTokenSigner } from '../sign-in/tokens.ts'
import type { Clock } from '../upkeep/clock.ts'
import { stateOf } from './key-times.ts'
import type { KeySet, SigningKeys } from './signing-keys.ts'
import type { SigningKey } from './stored-keys.ts'

/** An active key that this process can sign with. */
export type ActiveKey = { kid: string, algorithm: SigningAlgorithm, sign: { access: SignToken, identity: SignToken } }

type Dependencies = { signingKeys: SigningKeys, clock: Clock, algorithm: 'HS256' | SigningAlgorithm }

const canSign = (key: SigningKey): key is SigningKey & ActiveKey => key.sign !== undefined

const headerIn = (token: string) => token.slice(0, token.indexOf('.'))
const signatureIn = (token: string) => token.slice(token.lastIndexOf('.') + 1)

/** Signs and verifies tokens with the signing keys. */
export function createTokenSigners ({ signingKeys, clock, algorithm }: Dependencies) {
  function pick ({ keys }: KeySet, wanted: SigningAlgorithm): ActiveKey | undefined {
    const now = clock()
    const usable = keys.filter(canSign)
    const own = signingKeys.needed.find(each => each.algorithm === wanted)?.kid
    // The key of LANGFLOW_PRIVATE_KEY also signs if a replica with other settings has retired it.
    const configured = usable.find(({ kid, algorithm }) => own !== undefined && kid === own && algorithm === wanted)
    if (configured) return configured
    const active = usable.filter(key => stateOf(key, now) === 'active')
    // If the clock was set back, all keys begin in the future. The first one to begin is the one most verifiers know.
    const next = usable.filter(key => stateOf(key, now) === 'next').reverse()
    const isWanted = ({ algorithm }: ActiveKey) => algorithm === wanted
    return active.find(isWanted) ?? active[0] ?? next.find(isWanted) ?? next[0]
  }

  /**
   * The newest active key of an algorithm. While its first key is not active yet, the key of another algorithm signs.
   * @throws Error if no key can sign, although `createMissing` has created one
   */
  async function activeKey (wanted: SigningAlgorithm): Promise<ActiveKey> {
    const found = pick(await signingKeys.current(), wanted)
    if (found) return found
    await signingKeys.createMissing()
    const created = pick(await signingKeys.current(), wanted)
    if (!created) throw new Error('no signing key is active')
    return created
  }

  const accessTokenSigner: AccessTokenSigner = {
    sign: algorithm === 'HS256' ? undefined : async claims => (await activeKey(algorithm)).sign.access(claims),

    recognizes: token => isHeader(headerIn(token), 'at+jwt'),

    async verify (token) {
      if (!isCanonical(signatureIn(token))) throw new InvalidToken()
      const header = headerIn(token)
      const { keys, usableUntil } = await signingKeys.current()
      const key = keys.find(({ accessHeader }) => accessHeader === header)
      if (!key) throw new InvalidToken()
      try {
        return { claims: key.verify(token), usableUntil }
      } catch (cause) {
        throw new InvalidToken(undefined, { cause })
      }
    }
  }

  return { activeKey, accessTokenSigner }
}

export type TokenSigners = ReturnType<typeof createTokenSigners>
