import { Switch } from '@mantine/core'
import { Link } from 'react-router'
import { Avatar } from '../parts/tables/avatar.tsx'
import type { Columns } from '../parts/tables/data-table.tsx'
import { DisabledReason } from '../parts/dialogs/disabled-reason.tsx'
import { Moment } from '../parts/tables/moment.tsx'
import { AccountMenu, type UserDialog } from './account-menu.tsx'
import { AccountStatus } from './account-status.tsx'
import { ServiceTag } from './service-tag.tsx'
import type { AccountRow } from './accounts.ts'
import type { Change } from './dialogs/change-dialog.tsx'
import { SelectAll, SelectOne } from './selection/selection.tsx'
import type { useRestrictions } from './use-restrictions.ts'

type Props = {
  meId: string
  restrictionsOf: ReturnType<typeof useRestrictions>
  /** Whether service accounts are marked. */
  hasTags?: boolean
  onChange: (change: Change) => void
  onDialog: (dialog: UserDialog) => void
}

/** The columns of the accounts. The ids of sortable columns are those of the API's `sort`. */
export function accountColumns (
  { meId, restrictionsOf, hasTags = true, onChange, onDialog }: Props
): Columns<AccountRow> {
  return [
    {
      id: 'select',
      enableSorting: false,
      header: () => <SelectAll />,
      cell: ({ row: { original: { user } } }) => <SelectOne user={user} />
    },
    {
      id: 'username',
      accessorFn: ({ user }) => user.username,
      header: 'Username',
      cell: ({ row: { original: { id, user, is_service: isService } } }) => (
        <span className='account-name'>
          <Avatar user={user} />
          <Link className='name' to={`/admin/users/${id}`} title={user.username}>{user.username}</Link>
          {id === meId && <span className='quiet'>(you)</span>}
          {hasTags && isService && <ServiceTag />}
        </span>
      )
    },
    {
      id: 'is_active',
      accessorFn: ({ user }) => user.is_active,
      header: 'Status',
      cell: ({ row: { original: account } }) => (
        <AccountStatus
          account={account} disabledReason={restrictionsOf(account.user).deactivate}
          onToggle={() => onChange({ account, property: 'is_active' })}
        />
      )
    },
    {
      id: 'is_superuser',
      accessorFn: ({ user }) => user.is_superuser,
      header: 'Superuser',
      sortDescFirst: true,
      cell: ({ row: { original: account } }) => {
        const { username, is_superuser: isSuperuser } = account.user
        const reason = isSuperuser ? restrictionsOf(account.user).demote : undefined
        return (
          <DisabledReason reason={reason}>
            <Switch
              size='sm' checked={isSuperuser} aria-label={`${username} is a superuser`} disabled={reason !== undefined}
              onChange={() => onChange({ account, property: 'is_superuser' })}
            />
          </DisabledReason>
        )
      }
    },
    {
      id: 'last_login_at',
      accessorFn: ({ user }) => user.last_login_at,
      header: 'Last sign-in',
      sortDescFirst: true,
      cell: ({ row: { original: { user } } }) => <Moment at={user.last_login_at} />
    },
    {
      id: 'create_at',
      accessorFn: ({ user }) => user.create_at,
      header: 'Created',
      sortDescFirst: true,
      cell: ({ row: { original: { user } } }) => <Moment at={user.create_at} />
    },
    {
      id: 'actions',
      header: () => <span className='unseen'>Actions</span>,
      enableSorting: false,
      cell: ({ row: { original: account } }) => (
        <AccountMenu account={account} restrictions={restrictionsOf(account.user)} onDialog={onDialog} />
      )
    }
  ]
}
