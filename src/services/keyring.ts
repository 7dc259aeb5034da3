import type { SecretBox } from '../crypto/secret-box.ts'
import type { Db, Transaction } from '../db.ts'
import { SetupError } from '../errors.ts'
import { takeLock } from './locks.ts'

const canaryText = 'flowgate'
const canaryContext = (keyId: string) => `secret_keys:${keyId}`

type Registered = { keyId: string, canary: string }

/** Holds the secret keys a process was given against those the database has been used with. */
export function createKeyring ({ db, box }: { db: Db, box: SecretBox }) {
  const opens = ({ keyId, canary }: Registered) => {
    try {
      return box.decrypt(canary, canaryContext(keyId)) === canaryText
    } catch {
      return false
    }
  }

  const register = (tx: Transaction) => tx.secretKey.create({
    data: { keyId: box.keyId, canary: box.encrypt(canaryText, canaryContext(box.keyId)) }
  })

  return {
    /**
     * Registers the first key of an empty database, and a new one that comes together with a key known already.
     * @throws SetupError when no key that was given opens what the database holds
     */
    async check (): Promise<void> {
      await db.$transaction(async tx => {
        await takeLock(tx, 'firstBoot')
        const registered = await tx.secretKey.findMany({ orderBy: { createdAt: 'asc' } })
        const current = registered.find(({ keyId }) => keyId === box.keyId)
        if (current ? !opens(current) : registered.length > 0 && !registered.some(opens)) {
          throw foreignKey(box.keyId, registered)
        }
        if (!current) await register(tx)
      })
    }
  }
}

function foreignKey (found: string, registered: Registered[]): SetupError {
  const expected = registered.map(({ keyId }) => keyId).join(' or ')
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `this database was set up with the key ${expected}, but the one given is ${found}`,
    remedy: 'Give every replica the same LANGFLOW_SECRET_KEY. To change the key, set the new one and put the old ' +
      'one in LANGFLOW_SECRET_KEY_PREVIOUS. A generated key is kept in LANGFLOW_CONFIG_DIR/secret_key.'
  }])
}
