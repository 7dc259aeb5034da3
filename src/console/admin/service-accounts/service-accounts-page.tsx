import { Button, Group } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { SearchBox } from '../../parts/fields/search-box.tsx'
import { EmptyState } from '../../parts/pages/empty-state.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Icon } from '../../parts/pages/icons.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Page } from '../../parts/pages/page.tsx'
import { DataTable } from '../../parts/tables/data-table.tsx'
import { Pagination } from '../../parts/tables/pagination.tsx'
import { PAGE_SIZES } from '../../parts/tables/use-list-params.ts'
import { useMe } from '../../session/guards.tsx'
import { accountColumns } from '../account-columns.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { AdminDialog, type Dialog } from '../dialogs/dialogs.tsx'
import { useAccountList } from '../use-account-list.ts'
import { useRestrictions } from '../use-restrictions.ts'
import { NewServiceAccountDialog } from './new-service-account-dialog.tsx'

const forPeople = ['select', 'last_login_at']

/** The service accounts, for superusers. */
export function ServiceAccountsPage () {
  const { id: meId } = useMe()
  const navigate = useNavigate()
  const restrictionsOf = useRestrictions()
  const { data, error, refetch, ...list } = useAccountList('service')
  const [dialog, setDialog] = useState<Dialog>()
  const [isAdding, setAdding] = useState(false)
  const rows = useMemo(() => data?.accounts.map(account => ({ ...account, id: account.user.id })) ?? [], [data])
  const columns = useMemo(() => accountColumns({
    meId, restrictionsOf, hasTags: false, onChange: change => setDialog({ name: 'change', change }), onDialog: setDialog
  }).filter(({ id = '' }) => !forPeople.includes(id)), [meId, restrictionsOf])
  const add = (
    <Button leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setAdding(true)}>
      New service account
    </Button>
  )
  const hasAny = list.search !== '' || list.page > 0 || rows.length > 0
  return (
    <Page title='Service accounts' above={<AdminTabs />} actions={add}>
      {hasAny && (
        <Group mb='sm'><SearchBox label='Search username' value={list.search} onSearch={list.onSearch} /></Group>
      )}
      {error && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      {rows.length > 0 && (
        <DataTable
          label='Service accounts' columns={columns} data={rows} sorting={list.sorting} onSort={list.onSort}
          isStale={list.isPlaceholderData}
        />
      )}
      {data && rows.length === 0 && (hasAny
        ? <EmptyState title='No matching accounts'>The search finds parts of usernames, regardless of case.</EmptyState>
        : (
          <EmptyState title='No service accounts yet'>
            A service account is the account of a program. It has no password and cannot sign in: programs use its API
            keys, which continue to work when the person who created them leaves.
          </EmptyState>
          ))}
      {data && hasAny && (
        <Pagination
          label='service accounts' total={data.total_count} page={list.page} size={list.size} sizes={PAGE_SIZES}
          onPage={list.onPage} onSize={list.onSize}
        />
      )}
      {dialog && <AdminDialog dialog={dialog} onClose={() => setDialog(undefined)} />}
      {isAdding && (
        <NewServiceAccountDialog
          onClose={() => setAdding(false)} onCreated={({ id }) => navigate(`/admin/users/${id}`)}
        />
      )}
    </Page>
  )
}
