import type { RunStatement, Statement } from '../statements.ts'

/** An account as sign-in knows it. */
export type SignInAccount = {
  id: string
  username: string
  passwordHash: string
  credentialsVersion: number
  hasDefaultPassword: boolean
  isActive: boolean
  isSuperuser: boolean
  approvedAt: Date | null
  lastLoginAt: Date | null
  knownNetworks: unknown
}

const byName: Statement = {
  name: 'flowgate_account_by_name',
  text: `SELECT id, username, password_hash AS "passwordHash", credentials_version AS "credentialsVersion",
  has_default_password AS "hasDefaultPassword",
  is_active AS "isActive", is_superuser AS "isSuperuser", approved_at AS "approvedAt",
  last_login_at AS "lastLoginAt",
  known_networks AS "knownNetworks"
FROM users WHERE username_key = $1::text`
}

/** Whether the first superuser was created, and whether a superuser has a password of its own. */
export type Bootstrap = { isDone: boolean, hasOwnPassword: boolean }

const bootstrap: Statement = {
  name: 'flowgate_bootstrap',
  text: `SELECT EXISTS (SELECT FROM installation) AS "isDone",
  EXISTS (SELECT FROM users WHERE is_superuser AND NOT has_default_password) AS "hasOwnPassword"`
}

/** Superusers who may have the password of an early boot: of given names, or created when the first one was. */
const firstSuperusers: Statement = {
  name: 'flowgate_first_superusers',
  text: `SELECT username, password_hash AS "passwordHash" FROM users
WHERE is_superuser AND is_active AND NOT has_default_password AND (username_key = ANY($1::text[]) OR
  date_trunc('milliseconds', created_at) = (SELECT date_trunc('milliseconds', bootstrapped_at) FROM installation))`
}

/** The read before a password is checked, without Prisma: it is most of what a guess at a name costs. */
export function createAccountReads (run: RunStatement) {
  return {
    /** @param usernameKey the name as uniqueness is decided by */
    async byName (usernameKey: string): Promise<SignInAccount | undefined> {
      const [account] = await run<SignInAccount>(byName, [usernameKey])
      return account
    },

    /** @param usernameKeys further superusers to look at, by name */
    firstSuperusers: (usernameKeys: string[]): Promise<Array<Pick<SignInAccount, 'username' | 'passwordHash'>>> =>
      run(firstSuperusers, [usernameKeys]),

    /** What every boot asks. */
    async bootstrap (): Promise<Bootstrap> {
      const [found] = await run<Bootstrap>(bootstrap, [])
      return found ?? { isDone: false, hasOwnPassword: false }
    }
  }
}

export type AccountReads = ReturnType<typeof createAccountReads>
