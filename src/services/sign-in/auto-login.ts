import { type Db, publicColumns, type PublicUser } from '../../db.ts'
import { AutoLoginDisabled, AutoLoginUnavailable, MissingCredentials } from '../../errors.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { grantsOf } from '../../policy/grants.ts'
import type { Principal } from '../access/principal.ts'
import type { Clock } from '../upkeep/clock.ts'
import type { SignInMethod } from './methods.ts'

type Dependencies = {
  db: Db
  clock: Clock
  /** LANGFLOW_AUTO_LOGIN: visitors sign in as the superuser without a password. */
  autoLogin: boolean
  /** LANGFLOW_SKIP_AUTH_AUTO_LOGIN: requests without credentials act as the superuser. */
  skipAuthAutoLogin: boolean
  superuser: string
}

const autoLoginHint = 'Auto login is on: GET /api/v1/auto_login returns a token to send as `Authorization: Bearer`. ' +
  'Send an API key in the header `x-api-key`. LANGFLOW_SKIP_AUTH_AUTO_LOGIN=True accepts requests without credentials.'
const signInHint =
  'Sign in with POST /api/v1/login and send the token as `Authorization: Bearer`, or an API key as `x-api-key`.'

/** Access without a password, as the superuser, while LANGFLOW_AUTO_LOGIN is on. */
export function createAutoLogin ({ db, clock, autoLogin, skipAuthAutoLogin, superuser }: Dependencies) {
  /** The configured superuser, or the oldest active one. */
  async function findSuperuser (): Promise<PublicUser> {
    const superusers = { isActive: true, isSuperuser: true, isService: false }
    const user = await db.user.findFirst({
      where: { ...superusers, usernameKey: usernameKey(superuser) }, select: publicColumns
    }) ?? await db.user.findFirst({
      where: superusers, orderBy: { createdAt: 'asc' }, select: publicColumns
    })
    if (!user) throw new AutoLoginUnavailable()
    return user
  }

  const method: SignInMethod<void> = {
    name: 'auto_login',

    /** @throws AutoLoginDisabled or AutoLoginUnavailable */
    async verify () {
      if (!autoLogin) {
        throw new AutoLoginDisabled(undefined, { detail: { message: 'Auto login is disabled.', auto_login: false } })
      }
      const { id } = await findSuperuser()
      return { kind: 'authenticated', account: { id, credentialsVersion: undefined, authenticatedAt: clock() } }
    }
  }

  return {
    method,

    /** The principal of a request without credentials. @throws MissingCredentials unless the settings allow it */
    async withoutCredentials (): Promise<Principal> {
      if (!autoLogin) throw new MissingCredentials(undefined, { hint: signInHint })
      if (!skipAuthAutoLogin) throw new MissingCredentials(undefined, { hint: autoLoginHint })
      const user = await findSuperuser()
      return { user, credential: { kind: 'auto_login' }, grants: grantsOf(user) }
    }
  }
}

export type AutoLogin = ReturnType<typeof createAutoLogin>
