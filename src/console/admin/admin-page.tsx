import { Button, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { DataTable } from '../parts/tables/data-table.tsx'
import { EmptyState } from '../parts/pages/empty-state.tsx'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Icon } from '../parts/pages/icons.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { Page } from '../parts/pages/page.tsx'
import { Pagination } from '../parts/tables/pagination.tsx'
import { SearchBox } from '../parts/fields/search-box.tsx'
import { Status } from '../parts/tables/status.tsx'
import { PAGE_SIZES } from '../parts/tables/use-list-params.ts'
import { useMe } from '../session/guards.tsx'
import { accountColumns } from './account-columns.tsx'
import { type AccountFilter, accountsQuery } from './accounts.ts'
import { AdminTabs } from './admin-tabs.tsx'
import type { BulkActionName } from './selection/bulk-actions.ts'
import { BulkDialog } from './dialogs/bulk-dialog.tsx'
import { AdminDialog, type Dialog } from './dialogs/dialogs.tsx'
import { SelectionBar } from './selection/selection-bar.tsx'
import { SelectionContext } from './selection/selection.tsx'
import { filters, useAccountList } from './use-account-list.ts'
import { useRestrictions } from './use-restrictions.ts'
import { useSelection } from './selection/use-selection.ts'

/** All accounts, for superusers. */
export function AdminPage () {
  const { id: meId } = useMe()
  const list = useAccountList()
  const restrictionsOf = useRestrictions()
  const [dialog, setDialog] = useState<Dialog>()
  const [bulkAction, setBulkAction] = useState<BulkActionName>()
  const { data, error, filter } = list
  const rows = useMemo(() => data?.accounts.map(account => ({ ...account, id: account.user.id })) ?? [], [data])
  const selection = useSelection(rows)
  const columns = useMemo(() => accountColumns({
    meId, restrictionsOf, onChange: change => setDialog({ name: 'change', change }), onDialog: setDialog
  }), [meId, restrictionsOf])
  const add = (
    <Button leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setDialog({ name: 'new' })}>
      New user
    </Button>
  )
  return (
    <Page title='Users' above={<AdminTabs />} actions={add}>
      {filter !== 'pending' && <PendingApprovals onReview={() => list.onFilter('pending')} />}
      <Group mb='sm' className='tools'>
        <SearchBox label='Search username' value={list.search} onSearch={list.onSearch} />
        <Filters selected={filter} onSelect={list.onFilter} />
      </Group>
      {data?.accounts.some(account => account.is_throttled === null) && (
        <p className='quiet'>Throttled sign-ins are not shown: the store of the failure counts does not answer.</p>
      )}
      <SelectionBar selection={selection} restrictionsOf={restrictionsOf} onAction={setBulkAction} />
      {error && <FailureView failure={error} retry={list.refetch} />}
      {!data && !error && <Loading />}
      {rows.length > 0 && (
        <SelectionContext value={selection}>
          <DataTable
            label='Accounts' columns={columns} data={rows} sorting={list.sorting} onSort={list.onSort}
            isStale={list.isPlaceholderData}
          />
        </SelectionContext>
      )}
      {data && rows.length === 0 && <NoAccounts isSearch={list.search !== ''} filter={filter} />}
      {data && (
        <Pagination
          label='accounts' total={data.total_count} page={list.page} size={list.size} sizes={PAGE_SIZES}
          onPage={list.onPage} onSize={list.onSize}
        />
      )}
      {dialog && <AdminDialog dialog={dialog} onClose={() => setDialog(undefined)} />}
      {bulkAction && (
        <BulkDialog
          name={bulkAction} selected={selection.accounts} restrictionsOf={restrictionsOf} onDone={selection.clear}
          onClose={() => setBulkAction(undefined)}
        />
      )}
    </Page>
  )
}

type FiltersProps = { selected: AccountFilter | undefined, onSelect: (filter: AccountFilter | undefined) => void }

function Filters ({ selected, onSelect }: FiltersProps) {
  return (
    <div className='filters' role='group' aria-label='Filter by status'>
      {filters.map(({ value, label }) => (
        <button
          key={label} type='button' className='pick' aria-pressed={value === selected} onClick={() => onSelect(value)}
        >
          {label}
        </button>
      ))}
    </div>
  )
}

/** One line about pending sign-ups, above the list. */
function PendingApprovals ({ onReview }: { onReview: () => void }) {
  const { data } = useQuery(accountsQuery({ status: 'pending', limit: 1 }))
  if (!data || data.total_count === 0) return null
  const text = data.total_count === 1
    ? '1 account is pending approval.'
    : `${data.total_count.toLocaleString('en')} accounts are pending approval.`
  return (
    <Group mb='md' className='pending' justify='space-between' gap='xs'>
      <Status tone='wait'>{text}</Status>
      <Button size='compact-sm' variant='default' onClick={onReview}>Review</Button>
    </Group>
  )
}

function NoAccounts ({ isSearch, filter }: { isSearch: boolean, filter: AccountFilter | undefined }) {
  if (isSearch) {
    return (
      <EmptyState title='No matching accounts'>
        The search finds parts of usernames, regardless of case.
      </EmptyState>
    )
  }
  switch (filter) {
    case 'pending': return <EmptyState title='No pending approvals'>New sign-ups appear here.</EmptyState>
    case 'throttled':
      return (
        <EmptyState title='No throttled accounts'>
          Accounts with too many failed sign-ins appear here until the throttling ends.
        </EmptyState>
      )
    case 'inactive': return <EmptyState title='No inactive accounts'>Deactivated accounts appear here.</EmptyState>
    default: return <EmptyState title='No accounts on this page'>Go back to the first page.</EmptyState>
  }
}
