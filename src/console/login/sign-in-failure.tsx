import { Alert, Text } from '@mantine/core'
import { ApiFailure } from '../api/failures.ts'
import { useCountdown } from './use-countdown.ts'

const reasons: Record<string, [title: string, text: string]> = {
  wrong_password: ['That did not match', 'The username or the password is wrong. Capital letters count in both.'],
  waiting_for_approval: ['Waiting for approval',
    'An administrator must approve this account before it can sign in. Username and password are right.'],
  inactive_user: ['Account deactivated',
    'An administrator has deactivated this account. Ask one to activate it again.'],
  unreachable: ['No connection', 'The server cannot be reached. Check your connection, then try again.']
}

function reasonOf (failure: Error): [string, string] {
  if (!(failure instanceof ApiFailure)) return ['That did not work', failure.message]
  if (failure.code === 'cookie_not_kept') return ['The browser kept no cookie', failure.message]
  if (failure.status === 429) return ['Too many attempts', 'To protect the account, sign-ins are slowed down.']
  return reasons[failure.code] ?? ['That did not work', failure.message]
}

/** "1 min 5 s" */
const spell = (seconds: number) => seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`

/** Why a sign-in failed, beside its form, and how long to wait. */
export function SignInFailure ({ failure }: { failure: Error | null }) {
  const left = useCountdown(failure)
  if (!failure) return null
  const [title, text] = reasonOf(failure)
  const isFault = !(failure instanceof ApiFailure && failure.code === 'waiting_for_approval')
  return (
    <Alert role='alert' color={isFault ? 'red' : 'accent'} title={title}>
      <Text size='sm'>{text}</Text>
      {/* Counting aloud every second would drown everything else: the first figure is enough for ears. */}
      {left > 0 && <Text size='sm' mt={4} aria-live='off'>You can try again in <b>{spell(left)}</b>.</Text>}
    </Alert>
  )
}
