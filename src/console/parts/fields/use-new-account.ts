import { ApiFailure } from '../../api/failures.ts'
import { normalizeUsername, usernameProblem } from '../../../policy/usernames.ts'
import { passwordErrors } from './new-password.tsx'
import { useFields } from '../dialogs/use-fields.ts'

const names = { username: 'username', password: 'password' } as const

/** Username and password of a new account, checked by the server's rules while typing. */
export function useNewAccount () {
  const fields = useFields({ username: '', password: '', confirmation: '' }, values => ({
    username: usernameProblem(normalizeUsername(values.username)),
    ...passwordErrors(values, values.username)
  }))

  /** Shows the errors of a failed request at their fields. */
  function rejectFields (failure: Error) {
    const isTaken = failure instanceof ApiFailure && failure.code === 'username_taken'
    fields.reject(isTaken
      ? new ApiFailure('', { ...failure, problems: [{ field: 'username', message: 'This username is taken' }] })
      : failure, names)
  }

  /** Whether a failure belongs to no field. */
  const isFormFailure = (failure: Error | null) =>
    failure !== null && !(failure instanceof ApiFailure &&
      (failure.problems.length > 0 || failure.code === 'username_taken'))

  return { ...fields, rejectFields, isFormFailure }
}
