import { composeServices } from '../../composition.ts'
import type { Config } from '../../config.ts'
import { createPasswordHasher } from '../../crypto/passwords.ts'
import { createSecretBox } from '../../crypto/secret-box.ts'
import { openFailureCounts } from '../../db.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import { PersonalAccount, UserNotFound } from '../../errors.ts'
import { operator } from '../../services/access/principal.ts'
import type { UserPage } from '../../services/accounts/user-lists.ts'
import type { KeyPage } from '../../services/credentials/key-lists.ts'
import type { AskedSettings } from '../../services/credentials/key-settings.ts'
import { callServer } from '../control/caller.ts'
import { writeEventLine } from '../terminal/event-line.ts'
import { requireInstallation } from './installation.ts'
import { withDatabase } from './open-database.ts'
import { withRefusals } from './refusals.ts'

type Services = Pick<ReturnType<typeof composeServices>,
  'administration' | 'apiKeys' | 'keyLists' | 'serviceAccounts' | 'userLists' | 'users'>

/** A new key. `isService`: its owner is a service account, which is created if it does not exist. */
type NewKey = AskedSettings & { name: string | null, isService?: boolean }

/** What the operator does to accounts and their API keys, by username. */
export function createAccountOperations (
  { administration, apiKeys, keyLists, serviceAccounts, userLists, users }: Services
) {
  const { byName, createSuperuser, readByName, resetPassword, unlock } = administration

  /** @throws PersonalAccount if the name belongs to a person */
  async function openServiceAccount (name: string, settings: AskedSettings) {
    const found = await byName(name).catch(error => {
      if (error instanceof UserNotFound) return undefined
      throw error
    })
    if (found?.isService === false) {
      throw new PersonalAccount('The account belongs to a person: leave out --service, or use another name')
    }
    if (found) return found
    apiKeys.checkNew({ isSuperuser: false }, settings) // a refused key leaves no account behind
    return serviceAccounts.create(operator, name)
  }

  return withRefusals({
    listUsers: (page: UserPage) => userLists.page(page),

    createUser: (username: string, password: string, isActive: boolean | undefined) =>
      users.create(operator, { username, password, isActive }),

    setUserActive: async (name: string, isActive: boolean) =>
      users.update(operator, (await byName(name)).id, { isActive }),

    deleteUser: async (name: string) => {
      const account = await byName(name)
      await users.remove(operator, account.id)
      return account
    },

    readAccount: readByName,

    createSuperuser,
    resetPassword,
    unlock,

    createServiceAccount: (username: string) => serviceAccounts.create(operator, username),

    createApiKey: async (name: string, { isService, ...key }: NewKey) => {
      const owner = isService ? await openServiceAccount(name, key) : await byName(name)
      return apiKeys.create({ owner, caller: operator }, key)
    },

    rotateApiKey: async (owner: string, keyId: string, overlapSeconds: number) =>
      apiKeys.rotate({ owner: await byName(owner), caller: operator }, keyId, overlapSeconds),

    readApiKeyUsage: async (owner: string, keyId: string, days: number) => {
      const key = await apiKeys.byId((await byName(owner)).id, keyId)
      return { key, days: await keyLists.usesByDay(key.id, days) }
    },

    listAllApiKeys: (page: KeyPage) => keyLists.page(page),

    listApiKeys: async (owner: string) => {
      const { id: userId } = await byName(owner)
      return { userId, keys: await apiKeys.list(userId) }
    },

    revokeApiKey: async (owner: string, keyId: string) => apiKeys.remove(operator, (await byName(owner)).id, keyId)
  })
}

export type AccountOperations = ReturnType<typeof createAccountOperations>

/** Works on accounts in the running server, or on the database itself. Both need the server's key. */
export async function withAccounts<T> (config: Config, work: (accounts: AccountOperations) => Promise<T>): Promise<T> {
  requireInstallation(config)
  const box = createSecretBox(configuredKeys(config, { mayCreate: false }).keys)
  return callServer(config, box.keyIds, work, () => withDatabase(config, async database => {
    const { clock: { now: clock } } = database
    const counts = await openFailureCounts({ ...config, ...database, clock, onError: () => {} })
    const hasher = createPasswordHasher({
      memoryKib: config.passwordMemoryKib,
      iterations: config.passwordIterations,
      parallelism: config.passwordParallelism,
      concurrency: 1,
      queueMax: 1
    })
    const services = composeServices({
      config, database, clock, counts, hasher, box, writeEvent: writeEventLine, onError: cause => { throw cause }
    })
    try {
      await services.keyring.check({ allowMissing: true })
      return await work(createAccountOperations(services))
    } finally {
      await counts.close()
    }
  }))
}
