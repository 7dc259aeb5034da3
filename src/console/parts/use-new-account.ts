import { ApiFailure } from '../api/failures.ts'
import { normalizeUsername, usernameProblem } from '../../policy/usernames.ts'
import { passwordErrors } from './new-password.tsx'
import { useFields } from './use-fields.ts'

const names = { username: 'username', password: 'password' } as const

/** Name and password of an account that is being made, held against the server's own rules. */
export function useNewAccount () {
  const fields = useFields({ username: '', password: '', confirmation: '' }, values => ({
    username: usernameProblem(normalizeUsername(values.username)),
    ...passwordErrors(values, values.username)
  }))

  /** A refusal belongs to its field: a name that is taken is said by code. */
  function refuseAll (failure: Error) {
    const isTaken = failure instanceof ApiFailure && failure.code === 'username_taken'
    fields.refuse(isTaken
      ? new ApiFailure('', { ...failure, problems: [{ field: 'username', message: 'This username is taken' }] })
      : failure, names)
  }

  /** Whether a refusal has no field to stand at. */
  const isRefusedElsewhere = (failure: Error | null) =>
    failure !== null && !(failure instanceof ApiFailure &&
      (failure.problems.length > 0 || failure.code === 'username_taken'))

  return { ...fields, refuseAll, isRefusedElsewhere }
}
