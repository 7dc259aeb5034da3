import type { Caller } from '../access/principal.ts'
import type { AuthenticatedAccount, SignInMethodName } from './sessions.ts'

/**
 * What one step of a sign-in leads to: the account is authenticated, or the client must answer a challenge in a further
 * step.
 */
export type SignInStep<Challenge> =
  | {
    kind: 'authenticated'
    account: AuthenticatedAccount
    /** Resolves when the method has stored that the sign-in succeeded. Runs while the session begins; never rejects. */
    settled?: Promise<void>
  }
  | { kind: 'challenge', challenge: Challenge }

/**
 * A way to sign in. `Input` is what the client sends. `Challenge` is what the client must answer next; it is `never`
 * for methods of one step.
 */
export type SignInMethod<Input, Challenge = never> = {
  name: SignInMethodName
  /** @throws the failure to answer if the input does not authenticate an account */
  verify: (input: Input, caller: Caller<undefined>) => Promise<SignInStep<Challenge>>
}
