import { Group } from '@mantine/core'
import { useMemo, useState } from 'react'
import { SearchBox } from '../../parts/fields/search-box.tsx'
import { EmptyState } from '../../parts/pages/empty-state.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Page } from '../../parts/pages/page.tsx'
import { DataTable } from '../../parts/tables/data-table.tsx'
import { Pagination } from '../../parts/tables/pagination.tsx'
import { PAGE_SIZES } from '../../parts/tables/use-list-params.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import { DeleteKeysDialog } from '../dialogs/delete-keys-dialog.tsx'
import { allKeysColumns } from './all-keys-columns.tsx'
import { type OwnedKey, useAllKeys } from './use-all-keys.ts'

/** The API keys of all accounts, masked, for superusers. */
export function AllKeysPage () {
  const { data, error, refetch, ...list } = useAllKeys()
  const [target, setTarget] = useState<OwnedKey>()
  const columns = useMemo(() => allKeysColumns(setTarget), [])
  return (
    <Page title='API keys' above={<AdminTabs />}>
      <Group mb='sm'>
        <SearchBox label='Search owner' value={list.search} onSearch={list.onSearch} />
      </Group>
      {error && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      {data && data.api_keys.length > 0 && (
        <DataTable
          label='API keys of all accounts' columns={columns} data={data.api_keys} sorting={list.sorting}
          onSort={list.onSort} isStale={list.isPlaceholderData}
        />
      )}
      {data?.api_keys.length === 0 && (list.search === ''
        ? <EmptyState title='No API keys'>The API keys of all accounts appear here, masked.</EmptyState>
        : <EmptyState title='No matching API keys'>The search finds parts of the owner's username.</EmptyState>)}
      {data && (
        <Pagination
          label='API keys' total={data.total_count} page={list.page} size={list.size} sizes={PAGE_SIZES}
          onPage={list.onPage} onSize={list.onSize}
        />
      )}
      {target && (
        <DeleteKeysDialog
          owner={{ id: target.user_id, username: target.owner.username }} target={target}
          onClose={() => setTarget(undefined)}
        />
      )}
    </Page>
  )
}
