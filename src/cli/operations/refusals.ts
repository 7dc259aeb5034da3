import { Failure, InvalidFields, SetupError } from '../../errors.ts'

/** The options of commands by the members of a request that they set. */
const options: Readonly<Record<string, string>> = {
  allowed_networks: '--network', expires_at: '--expires', rate_limit: '--limit', scopes: '--scope'
}

/** The refusal of a service, as a message for the person at the command line. */
function toSetupError (failure: Failure): SetupError {
  const { message, kind } = failure
  const problems = failure instanceof InvalidFields
    ? failure.problems.map(({ loc: [, member = ''], msg }) => ({ subject: options[member] ?? 'account', problem: msg }))
    : [{ subject: 'account', problem: message }]
  const remedy = failure.hint ?? `See \`${kind.code}\` in docs/errors.md.`
  return new SetupError(problems.map(problem => ({ ...problem, remedy })), { exitCode: 1 })
}

type Operation = (...args: never[]) => Promise<unknown>

/** The same operations. What a service refuses is a SetupError with exit code 1. */
export function withRefusals<T extends Record<string, Operation>> (operations: T): T {
  const wrap = (operation: Operation) => async (...args: never[]) => {
    try {
      return await operation(...args)
    } catch (error) {
      throw error instanceof Failure ? toSetupError(error) : error
    }
  }
  return Object.fromEntries(Object.entries(operations).map(([name, work]) => [name, wrap(work)])) as T // name for name
}
