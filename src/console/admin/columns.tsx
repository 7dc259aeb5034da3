import { Button, Switch } from '@mantine/core'
import type { User } from '../api/client.ts'
import type { Columns } from '../parts/data-table.tsx'
import { Moment } from '../parts/moment.tsx'
import { WhyNot } from '../parts/why-not.tsx'
import type { Rights } from './rights-dialog.tsx'
import { UserActions, type UserDialog } from './user-actions.tsx'
import { isWaiting } from './users.ts'
import type { Forbidden } from './what-is-forbidden.ts'

type Props = {
  meId: string
  forbidden: (user: User) => Forbidden
  onRights: (change: Rights) => void
  onDialog: (dialog: UserDialog) => void
  onApprove: (user: User) => void
}

/** The columns of the Admin Page; ids are those the server sorts by. */
export function userColumns ({ meId, forbidden, onRights, onDialog, onApprove }: Props): Columns<User> {
  return [
    {
      id: 'username',
      accessorKey: 'username',
      header: 'Username',
      cell: ({ row: { original: user } }) => (
        <span className='name'>{user.username}{user.id === meId && <span className='quiet'> (you)</span>}</span>
      )
    },
    {
      id: 'is_active',
      accessorKey: 'is_active',
      header: 'Active',
      cell: ({ row: { original: user } }) => isWaiting(user)
        ? (
          <Button
            size='compact-xs' variant='light' aria-label={`Approve ${user.username}`} onClick={() => onApprove(user)}
          >
            Approve
          </Button>
          )
        : (
          <WhyNot reason={user.is_active ? forbidden(user).deactivate : undefined}>
            <Switch
              size='sm' checked={user.is_active} aria-label={`${user.username} is active`}
              disabled={user.is_active && forbidden(user).deactivate !== undefined}
              onChange={() => onRights({ user, right: 'is_active' })}
            />
          </WhyNot>
          )
    },
    {
      id: 'is_superuser',
      accessorKey: 'is_superuser',
      header: 'Superuser',
      sortDescFirst: true,
      cell: ({ row: { original: user } }) => (
        <WhyNot reason={user.is_superuser ? forbidden(user).demote : undefined}>
          <Switch
            size='sm' checked={user.is_superuser} aria-label={`${user.username} is a superuser`}
            disabled={user.is_superuser && forbidden(user).demote !== undefined}
            onChange={() => onRights({ user, right: 'is_superuser' })}
          />
        </WhyNot>
      )
    },
    {
      id: 'last_login_at',
      accessorKey: 'last_login_at',
      header: 'Last sign-in',
      sortDescFirst: true,
      cell: ({ row: { original } }) => <Moment at={original.last_login_at} />
    },
    {
      id: 'create_at',
      accessorKey: 'create_at',
      header: 'Created',
      sortDescFirst: true,
      cell: ({ row: { original } }) => <Moment at={original.create_at} />
    },
    {
      id: 'actions',
      header: () => <span className='unseen'>Actions</span>,
      enableSorting: false,
      cell: ({ row: { original: user } }) => <UserActions user={user} forbidden={forbidden(user)} onDialog={onDialog} />
    }
  ]
}
