import { Button, Group } from '@mantine/core'
import type { Account } from '../../api/client.ts'
import { type BulkAction, type BulkActionName, bulkActions } from './bulk-actions.ts'
import type { useRestrictions } from '../use-restrictions.ts'
import type { Selection } from './use-selection.ts'

type Props = {
  selection: Selection
  restrictionsOf: ReturnType<typeof useRestrictions>
  onAction: (name: BulkActionName) => void
}

/** The actions for the selected accounts. */
export function SelectionBar ({ selection: { accounts, clear }, restrictionsOf, onAction }: Props) {
  if (accounts.length === 0) return null
  const isAllowed = ({ appliesTo, restriction }: BulkAction) => (account: Account) =>
    appliesTo(account) && !(restriction && restrictionsOf(account.user)[restriction])
  return (
    <Group className='selection-bar' gap='xs' role='group' aria-label='Actions for selected accounts'>
      <span role='status'>{accounts.length} selected</span>
      {(Object.keys(bulkActions) as BulkActionName[]).map(name => {
        const action: BulkAction = bulkActions[name]
        const count = accounts.filter(isAllowed(action)).length
        return count > 0 && (
          <Button
            key={name} size='xs' variant={action.isDangerous ? 'light' : 'default'}
            {...(action.isDangerous ? { color: 'red' } : {})} onClick={() => onAction(name)}
          >
            {action.label} {count}…
          </Button>
        )
      })}
      <Button size='xs' variant='subtle' color='gray' onClick={clear}>Clear selection</Button>
    </Group>
  )
}
