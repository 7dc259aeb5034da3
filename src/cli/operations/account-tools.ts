import { loadConfig } from '../../config.ts'
import { createPasswordHasher } from '../../crypto/passwords.ts'
import { createSecretBox } from '../../crypto/secret-box.ts'
import { createWrites, openFailureCounts } from '../../db.ts'
import { Failure, SetupError } from '../../errors.ts'
import { configuredKeys } from '../../secret-key-file.ts'
import { createAccess } from '../../services/access/access-cache.ts'
import { type Administration, createAdministration } from '../../services/accounts/administration.ts'
import { type ApiKeys, createApiKeys } from '../../services/credentials/api-keys.ts'
import { createKeyring } from '../../services/secrets/keyring.ts'
import { createSessions } from '../../services/sign-in/sessions.ts'
import { createSignInGuard } from '../../services/sign-in/sign-in-guard.ts'
import { createUserLists, type UserLists } from '../../services/accounts/user-lists.ts'
import { createUsers, type Users } from '../../services/accounts/users.ts'
import type { Env, SettingsOptions } from '../command.ts'
import { withDatabase } from './open-database.ts'
import { settingsSources } from '../settings-source.ts'

/** What the verbs about accounts work with. */
export type AccountTools = {
  administration: Administration, apiKeys: ApiKeys, userLists: UserLists, users: Users
}

/** Puts the services together for one command. Whoever changes accounts must have the server's key. */
export async function withAccountTools<T> (
  env: Env, options: SettingsOptions, work: (tools: AccountTools) => Promise<T>
): Promise<T> {
  const config = loadConfig(settingsSources(env, options))
  const box = createSecretBox(configuredKeys(config, { mayMake: false }).keys)
  return withDatabase(config, async database => {
    const { client: db, clock: { now: clock } } = database
    await createKeyring({ db, run: database.run, box, clock }).check({ allowMissing: true })
    const counts = await openFailureCounts({ ...config, ...database, clock, onError: () => {} })
    const access = createAccess({ db, clock })
    const writes = createWrites(database)
    const sessions = createSessions({ ...config, db, writes, clock, access })
    const hasher = createPasswordHasher({
      memoryKib: config.passwordMemoryKib,
      iterations: config.passwordIterations,
      parallelism: config.passwordParallelism,
      concurrency: 1,
      queueMax: 1
    })
    const guard = createSignInGuard({ ...config, counts, hasher, clock, onError: error => { throw error } })
    try {
      const users = createUsers({ ...config, db, clock, access, guard, hasher, sessions })
      return await work({
        administration: createAdministration({ db, guard, users }),
        apiKeys: createApiKeys({ ...config, db, writes, clock, access, box }),
        userLists: createUserLists({ db }),
        users
      })
    } catch (error) {
      throw error instanceof Failure ? refused(error) : error
    } finally {
      await counts.close()
    }
  })
}

/** What a service refuses is the caller's to mend. */
function refused ({ detail, message, kind }: Failure): SetupError {
  const [problem] = Array.isArray(detail) ? detail.map(({ msg }) => String(msg)) : [message]
  return new SetupError([{
    subject: 'account', problem: problem ?? message, remedy: `See \`${kind.code}\` in docs/errors.md.`
  }], { exitCode: 1 })
}
