import { Alert, Text } from '@mantine/core'
import { ApiFailure } from '../api/failures.ts'
import { useCountdown } from './use-countdown.ts'

const reasons: Record<string, [title: string, text: string]> = {
  wrong_password: ['Sign-in failed', 'Wrong username or password. Both are case-sensitive.'],
  waiting_for_approval: ['Pending approval',
    'An administrator must approve this account before it can sign in. Username and password are correct.'],
  inactive_user: ['Account deactivated',
    'An administrator deactivated this account. Ask an administrator to activate it.'],
  unreachable: ['No connection', 'The server cannot be reached. Check your connection, then try again.']
}

function reasonOf (failure: Error): [string, string] {
  if (!(failure instanceof ApiFailure)) return ['Sign-in failed', failure.message]
  if (failure.code === 'cookie_not_kept') return ['Cookie not stored', failure.message]
  if (failure.status === 429) return ['Too many attempts', 'Sign-ins are throttled to protect the account.']
  return reasons[failure.code] ?? ['Sign-in failed', failure.message]
}

/** "1 min 5 s" */
const formatSeconds = (seconds: number) => seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`

/** The reason why a sign-in failed, with a countdown when it is throttled. */
export function SignInFailure ({ failure }: { failure: Error | null }) {
  const left = useCountdown(failure)
  if (!failure) return null
  const [title, text] = reasonOf(failure)
  const isFault = !(failure instanceof ApiFailure && failure.code === 'waiting_for_approval')
  return (
    <Alert role='alert' color={isFault ? 'red' : 'accent'} title={title}>
      <Text size='sm'>{text}</Text>
      {/* Screen readers announce the alert once, not every second. */}
      {left > 0 && <Text size='sm' mt={4} aria-live='off'>You can try again in <b>{formatSeconds(left)}</b>.</Text>}
    </Alert>
  )
}
