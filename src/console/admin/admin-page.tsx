import { Button, Group, SegmentedControl } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { User } from '../api/client.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Empty } from '../parts/empty.tsx'
import { FailureView } from '../parts/failure-view.tsx'
import { Icon } from '../parts/icons.tsx'
import { Page } from '../parts/page.tsx'
import { Pages } from '../parts/pages.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMe } from '../session/guards.tsx'
import { userColumns } from './columns.tsx'
import { AdminDialog, type Dialog } from './dialogs.tsx'
import { PAGE_SIZES, useUserList } from './use-user-list.ts'
import { WaitingAccounts } from './waiting-accounts.tsx'
import { useWhatIsForbidden } from './what-is-forbidden.ts'

/** Accounts, for superusers. */
export function AdminPage () {
  const { id: meId } = useMe()
  const list = useUserList()
  const forbidden = useWhatIsForbidden()
  const [dialog, setDialog] = useState<Dialog>()
  const approve = (user: User) => setDialog({ name: 'rights', change: { user, right: 'is_active' } })
  const columns = useMemo(() => userColumns({
    meId,
    forbidden,
    onRights: change => setDialog({ name: 'rights', change }),
    onDialog: setDialog,
    onApprove: approve
  }), [meId, forbidden])
  const { data, error } = list
  return (
    <Page
      title='Admin Page'
      actions={<Button leftSection={<Icon name='add' />} onClick={() => setDialog({ name: 'new' })}>New User</Button>}
    >
      {!list.waiting && (
        <WaitingAccounts
          onApprove={approve} onDelete={user => setDialog({ name: 'delete', user })}
          onShowAll={() => list.onWaiting(true)}
        />
      )}
      <Group mb='sm' className='tools'>
        <SearchBox key={String(list.waiting)} label='Search username' value={list.search} onSearch={list.onSearch} />
        <SegmentedControl
          size='xs' aria-label='Which accounts' value={list.waiting ? 'waiting' : 'all'}
          data={[{ value: 'all', label: 'All accounts' }, { value: 'waiting', label: 'Waiting for approval' }]}
          onChange={value => list.onWaiting(value === 'waiting')}
        />
      </Group>
      {error && <FailureView failure={error} retry={list.refetch} />}
      {!data && !error && <Waiting />}
      {data && data.users.length > 0 && (
        <DataTable
          label='Accounts' columns={columns} data={data.users} sorting={list.sorting} onSort={list.onSort}
          isStale={list.isPlaceholderData}
        />
      )}
      {data?.users.length === 0 && <NobodyFound isSearch={list.search !== ''} isWaiting={list.waiting} />}
      {data && (
        <Pages
          label='accounts' total={data.total_count} page={list.page} size={list.size} sizes={PAGE_SIZES}
          onPage={list.onPage} onSize={list.onSize}
        />
      )}
      {dialog && <AdminDialog dialog={dialog} onClose={() => setDialog(undefined)} />}
    </Page>
  )
}

function NobodyFound ({ isSearch, isWaiting }: { isSearch: boolean, isWaiting: boolean }) {
  if (isSearch) return <Empty title='No account matches'>The search looks for part of a username, in any case.</Empty>
  if (isWaiting) return <Empty title='Nobody waits'>Who signs up and needs approval will stand here.</Empty>
  return <Empty title='Nothing on this page'>Go back to the first one.</Empty>
}
