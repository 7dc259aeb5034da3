import { SetupError } from '../../errors.ts'
import { operator } from '../../services/access/principal.ts'
import type { SigningKeys } from '../../services/tokens/signing-keys.ts'

const unused = () => new SetupError([{
  subject: 'signing keys',
  problem: 'none is in use: access tokens are signed with HS256, and there are no audiences of identity tokens',
  remedy: 'Set LANGFLOW_ALGORITHM=RS256 or LANGFLOW_IDENTITY_AUDIENCES. The next start of the server creates a key.'
}], { exitCode: 1 })

const fromSettings = () => new SetupError([{
  subject: 'LANGFLOW_PRIVATE_KEY',
  problem: 'the only key in use comes from this setting, and Flowgate does not replace it',
  remedy: 'Set another key and restart every replica. Then run `flowgate signing-keys rotate --withdraw` if the old ' +
    'key leaked.'
}], { exitCode: 1 })

/** What the operator does to signing keys. */
export function createSigningKeyOperations (signingKeys: SigningKeys) {
  return {
    listSigningKeys: () => signingKeys.list(),

    /** @throws SetupError if no generated key is in use */
    rotateSigningKeys: async (withdraw: boolean) => {
      if (!withdraw && signingKeys.needed.length === 0) throw unused()
      if (!withdraw && signingKeys.needed.every(({ kid }) => kid !== undefined)) throw fromSettings()
      return signingKeys.rotate(operator, { withdraw })
    }
  }
}
