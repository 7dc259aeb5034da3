import { WrongPassword } from '../../errors.ts'
import type { Caller } from '../access/principal.ts'
import type { SignInMethod } from './methods.ts'
import type { Sessions } from './sessions.ts'
import type { TokenPair, Tokens } from './tokens.ts'

/** The tokens of a new session, or what the client must answer first. */
export type SignInResult<Challenge> =
  | { kind: 'signed_in', tokens: TokenPair }
  | { kind: 'challenge', challenge: Challenge }

type Dependencies = {
  sessions: Sessions
  tokens: Tokens
  /** Called after each successful sign-in. Must not reject. */
  onSignIn: (userId: string, caller: Caller<undefined>) => Promise<void>
}

/** Runs a step of a sign-in method; begins a session when the account is authenticated. */
export function createSignIn ({ sessions, tokens, onSignIn }: Dependencies) {
  async function run<Input, Challenge> (
    method: SignInMethod<Input, Challenge>, input: Input, caller: Caller<undefined>
  ): Promise<SignInResult<Challenge>> {
    const step = await method.verify(input, caller)
    if (step.kind === 'challenge') return step
    const [session] = await Promise.all([sessions.begin(step.account, method.name, caller), step.settled])
    // The account was deleted or deactivated, or its password changed, since the method verified it.
    if (!session) throw new WrongPassword()
    await onSignIn(step.account.id, caller)
    return { kind: 'signed_in', tokens: await tokens.issue(session) }
  }

  return {
    run,

    /**
     * Signs in by a method of one step.
     * @throws what the method throws, or WrongPassword if the account changed meanwhile
     */
    async runToEnd<Input> (method: SignInMethod<Input>, input: Input, caller: Caller<undefined>): Promise<TokenPair> {
      const result: SignInResult<never> = await run(method, input, caller)
      if (result.kind === 'challenge') return result.challenge // a value of the type `never`: does not happen
      return result.tokens
    }
  }
}

export type SignIn = ReturnType<typeof createSignIn>
