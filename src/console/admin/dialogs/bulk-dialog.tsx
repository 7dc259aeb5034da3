import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { Account } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { Dialog } from '../../parts/dialogs/dialog.tsx'
import { notify } from '../../parts/pages/notifications.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import {
  type BulkAction, type BulkActionName, bulkActions, countAccounts, type Outcome, runAll
} from '../selection/bulk-actions.ts'
import type { useRestrictions } from '../use-restrictions.ts'

const NAMES_SHOWN = 8

type Props = {
  name: BulkActionName
  /** The selected accounts, including those that the action does not apply to. */
  selected: Account[]
  restrictionsOf: ReturnType<typeof useRestrictions>
  onDone: () => void
  onClose: () => void
}

const namesOf = (accounts: Account[]) => {
  const hidden = accounts.length - NAMES_SHOWN
  const names = accounts.slice(0, NAMES_SHOWN).map(({ user }) => user.username).join(', ')
  return hidden > 0 ? `${names} and ${hidden} more` : names
}

/** Confirms an action for several accounts, and lists those that failed. */
export function BulkDialog ({ name, selected, restrictionsOf, onDone, onClose }: Props) {
  const action: BulkAction = bulkActions[name]
  // The list behind the dialog changes while the action runs.
  const [accounts] = useState(() => selected.filter(account =>
    action.appliesTo(account) && !(action.restriction && restrictionsOf(account.user)[action.restriction])))
  const [outcome, setOutcome] = useState<Outcome>()
  const skipped = selected.length - accounts.length
  const run = useAction(() => runAll(action, accounts), {
    changes: ['accounts'],
    onDone: result => {
      onDone()
      if (result.failed.length > 0) return setOutcome(result)
      notify(`${countAccounts(result.done.length)} ${action.done}.`)
      onClose()
    }
  })
  if (outcome) return <OutcomeDialog action={action} outcome={outcome} onClose={onClose} />
  const count = countAccounts(accounts.length)
  return (
    <ConfirmDialog
      title={`${action.label} ${count}?`} confirmLabel={`${action.label} ${count}`}
      isDangerous={action.isDangerous ?? false} isBusy={run.isPending} failure={run.error}
      {...(name === 'delete' ? { word: `delete ${count}` } : {})}
      onConfirm={() => run.mutate()} onClose={onClose}
    >
      <Stack gap='xs'>
        <span className='name'>{namesOf(accounts)}</span>
        <span>{action.effect}</span>
        {skipped > 0 && <span className='quiet'>Not affected: {countAccounts(skipped)}.</span>}
      </Stack>
    </ConfirmDialog>
  )
}

function OutcomeDialog ({ action, outcome: { done, failed }, onClose }: {
  action: BulkAction, outcome: Outcome, onClose: () => void
}) {
  return (
    <Dialog title={`${done.length} of ${countAccounts(done.length + failed.length)} ${action.done}`} onClose={onClose}>
      <Stack>
        <Alert color='red' role='alert' title={`Failed: ${countAccounts(failed.length)}`}>
          <ul className='failures'>
            {failed.map(({ account: { user }, reason }) => (
              <li key={user.id}><b>{user.username}</b>: {reason}</li>
            ))}
          </ul>
        </Alert>
        {done.length > 0 && <Text size='sm'>Succeeded: {namesOf(done)}.</Text>}
        <Group justify='flex-end'><Button data-autofocus onClick={onClose}>Close</Button></Group>
      </Stack>
    </Dialog>
  )
}
