import { Button, Switch, Tooltip } from '@mantine/core'
import type { Account } from '../api/client.ts'
import { DisabledReason } from '../parts/dialogs/disabled-reason.tsx'
import { fromNow } from '../parts/tables/from-now.ts'
import { Status } from '../parts/tables/status.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { useNow } from '../parts/tables/use-now.ts'
import { isThrottled, unlockUser } from './accounts.ts'

type Props = {
  account: Account
  /** Why the account cannot be deactivated. */
  disabledReason?: string | undefined
  onToggle: () => void
}

/** Approval, activity and throttling of an account, each with the control that changes it. */
export function AccountStatus ({ account, disabledReason, onToggle }: Props) {
  const { user: { username, is_active: isActive }, status } = account
  return (
    <div className='account-status'>
      {status === 'pending'
        ? (
          <>
            <Status tone='wait'>Pending approval</Status>
            <Button size='compact-xs' variant='light' aria-label={`Approve ${username}`} onClick={onToggle}>
              Approve
            </Button>
          </>
          )
        : (
          <>
            <DisabledReason reason={isActive ? disabledReason : undefined}>
              <Switch
                size='sm' checked={isActive} aria-label={`${username} is active`}
                disabled={isActive && disabledReason !== undefined} onChange={onToggle}
              />
            </DisabledReason>
            <span className={isActive ? undefined : 'quiet'}>{isActive ? 'Active' : 'Inactive'}</span>
          </>
          )}
      <Throttling account={account} />
    </div>
  )
}

/** Shows that sign-ins are throttled, with a button that unlocks the account. */
function Throttling ({ account }: { account: Account }) {
  const { user: { id, username }, throttled_until: until } = account
  const now = useNow()
  const unlock = useAction(() => unlockUser(id), { changes: ['accounts'], notice: () => `${username} unlocked.` })
  if (until === null || !isThrottled(account, now)) return null
  const explanation = unlock.error?.message ??
    `Too many failed sign-ins. Throttling ends ${fromNow(new Date(until), now)}.`
  return (
    <span className='throttling'>
      <Tooltip label={explanation}>
        <span tabIndex={0} className='disabled-reason'><Status tone='bad'>Throttled</Status></span>
      </Tooltip>
      <Button
        size='compact-xs' variant='light' color='red' loading={unlock.isPending} aria-label={`Unlock ${username}`}
        onClick={() => unlock.mutate()}
      >
        Unlock
      </Button>
    </span>
  )
}
