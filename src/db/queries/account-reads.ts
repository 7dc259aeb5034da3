import type { RunStatement, Statement } from '../statements.ts'

/** The columns of an account that sign-in needs. */
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
FROM users WHERE username_key = $1::text AND NOT is_service`
}

/** Whether the first superuser was created, and whether any superuser has a password other than the default one. */
export type Bootstrap = { isDone: boolean, hasOwnPassword: boolean }

const bootstrap: Statement = {
  name: 'flowgate_bootstrap',
  text: `SELECT EXISTS (SELECT FROM installation) AS "isDone",
  EXISTS (SELECT FROM users WHERE is_superuser AND NOT is_service AND NOT has_default_password) AS "hasOwnPassword"`
}

/**
 * Superusers that may still have the initial password: those with the given names, and those created at the first boot.
 */
const firstSuperusers: Statement = {
  name: 'flowgate_first_superusers',
  text: `SELECT username, password_hash AS "passwordHash" FROM users
WHERE is_superuser AND is_active AND NOT is_service AND NOT has_default_password AND (username_key = ANY($1::text[]) OR
  date_trunc('milliseconds', created_at) = (SELECT date_trunc('milliseconds', bootstrapped_at) FROM installation))`
}

/**
 * Reads accounts without Prisma, because this read accounts for most of the cost of a sign-in attempt for an unknown
 * username.
 */
export function createAccountReads (run: RunStatement) {
  return {
    /**
     * The account of a person: service accounts cannot sign in.
     * @param usernameKey the key that makes usernames unique
     */
    async byName (usernameKey: string): Promise<SignInAccount | undefined> {
      const [account] = await run<SignInAccount>(byName, [usernameKey])
      return account
    },

    /** @param usernameKeys names of additional superusers */
    firstSuperusers: (usernameKeys: string[]): Promise<Array<Pick<SignInAccount, 'username' | 'passwordHash'>>> =>
      run(firstSuperusers, [usernameKeys]),

    /** Read at every boot. */
    async bootstrap (): Promise<Bootstrap> {
      const [found] = await run<Bootstrap>(bootstrap, [])
      return found ?? { isDone: false, hasOwnPassword: false }
    }
  }
}

export type AccountReads = ReturnType<typeof createAccountReads>
