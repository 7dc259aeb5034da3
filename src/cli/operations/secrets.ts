import { composeSecrets } from '../../composition.ts'
import type { Config } from '../../config.ts'
import { createSecretBox } from '../../crypto/secret-box.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import { callServer } from '../control/caller.ts'
import { writeEventLine } from '../terminal/event-line.ts'
import { requireInstallation } from './installation.ts'
import { withDatabase } from './open-database.ts'
import { createSigningKeyOperations } from './signing-keys.ts'

type Services = Pick<ReturnType<typeof composeSecrets>, 'keyring' | 'rotation' | 'signingKeys'>

/** What the operator does to stored secrets and to keys. */
export function createSecretOperations ({ keyring, rotation, signingKeys }: Services, databaseLabel: string) {
  return {
    ...createSigningKeyOperations(signingKeys),

    secretStatus: async () => ({ database: databaseLabel, ...await rotation.status() }),

    /** How many secrets a rotation would move. @throws SetupError when the keys do not belong to the database */
    pendingSecrets: async () => {
      await keyring.check({ allowMissing: true })
      return rotation.pending()
    },

    rotateSecrets: rotation.rotate,

    forgetKey: (keyId: string, isLost: boolean) => keyring.forget(keyId, { isLost })
  }
}

export type SecretOperations = ReturnType<typeof createSecretOperations>

/** Works on secrets in the running server, or on the database itself, with the keys that the settings name. */
export async function withSecrets<T> (config: Config, work: (secrets: SecretOperations) => Promise<T>): Promise<T> {
  requireInstallation(config)
  const box = createSecretBox(configuredKeys(config, { mayCreate: false }).keys)
  return callServer(config, box.keyIds, work, () => withDatabase(config, database => {
    const services = composeSecrets({
      config, database, clock: database.clock.now, box, writeEvent: writeEventLine, onError: cause => { throw cause }
    })
    return work(createSecretOperations(services, database.label))
  }))
}
