import type { RunStatement, Statement } from './statements.ts'

/** An account as sign-in knows it. */
export type SignInAccount = {
  id: string
  username: string
  passwordHash: string
  hasDefaultPassword: boolean
  isActive: boolean
  lastLoginAt: Date | null
  knownNetworks: unknown
}

/** The account of a name. */
const signInAccount: Statement = {
  name: 'flowgate_sign_in_account',
  text: `SELECT id, username, password_hash AS "passwordHash", has_default_password AS "hasDefaultPassword",
  is_active AS "isActive", last_login_at AS "lastLoginAt", known_networks AS "knownNetworks"
FROM users WHERE username_key = $1::text`
}

/** The read that comes before a password is checked, beside Prisma: whoever guesses at names pays for little else. */
export function createAccountReads (run: RunStatement) {
  return {
    /** @param usernameKey the name as uniqueness is decided by */
    async forSignIn (usernameKey: string): Promise<SignInAccount | undefined> {
      const [account] = await run<SignInAccount>(signInAccount, [usernameKey])
      return account
    }
  }
}

export type AccountReads = ReturnType<typeof createAccountReads>
