import { Failure, SetupError } from '../../errors.ts'

/** The refusal of a service, as a message for the person at the command line. */
function toSetupError ({ detail, message, kind }: Failure): SetupError {
  const [problem] = Array.isArray(detail) ? detail.map(({ msg }) => String(msg)) : [message]
  return new SetupError([{
    subject: 'account', problem: problem ?? message, remedy: `See \`${kind.code}\` in docs/errors.md.`
  }], { exitCode: 1 })
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
