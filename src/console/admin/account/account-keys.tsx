import { Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, type ApiKey, ask, type User } from '../../api/client.ts'
import { isExpired, keyColumns, keyUseColumns, nameOfKey } from '../../parts/tables/api-key-cells.tsx'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { type Columns, DataTable } from '../../parts/tables/data-table.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Status } from '../../parts/tables/status.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useNow } from '../../parts/tables/use-now.ts'

type Target = ApiKey | 'all'

function KeyStatus ({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow()
  if (isExpired(apiKey, now)) return <Status tone='bad'>Expired</Status>
  return apiKey.is_active ? <Status tone='good'>Active</Status> : <Status tone='off'>Inactive</Status>
}

const columnsOf = (onDelete: (key: ApiKey) => void): Columns<ApiKey> => [
  ...keyColumns,
  { id: 'status', header: 'Status', cell: ({ row: { original } }) => <KeyStatus apiKey={original} /> },
  ...keyUseColumns,
  {
    id: 'actions',
    header: () => <span className='unseen'>Actions</span>,
    cell: ({ row: { original: key } }) => (
      <Button size='xs' variant='default' aria-label={`Delete ${nameOfKey(key)}`} onClick={() => onDelete(key)}>
        Delete…
      </Button>
    )
  }
]

/** The API keys of an account, masked, which a superuser can delete. */
export function AccountKeys ({ user }: { user: User }) {
  const [target, setTarget] = useState<Target>()
  const params = { path: { user_id: user.id } }
  const { data, error, refetch } = useQuery({
    queryKey: ['api-keys', user.id], queryFn: () => ask(api.GET('/api/v1/users/{user_id}/api_keys', { params }))
  })
  const columns = useMemo(() => columnsOf(setTarget), [])
  const count = data?.total_count ?? 0
  return (
    <section className='keys' aria-labelledby='keys-title'>
      <Group justify='space-between' mb='xs'>
        <Title order={2} size='h5' id='keys-title'>API keys{data && ` (${count})`}</Title>
        {count > 0 && (
          <Button size='xs' variant='light' color='red' onClick={() => setTarget('all')}>Delete all…</Button>
        )}
      </Group>
      {!data && !error && <Loading />}
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {data && count === 0 && <Text size='sm' c='dimmed'>{user.username} has no API keys.</Text>}
      {data && count > 0 && (
        <DataTable label={`API keys of ${user.username}`} columns={columns} data={data.api_keys} />
      )}
      {target && <DeleteKeysDialog user={user} target={target} count={count} onClose={() => setTarget(undefined)} />}
    </section>
  )
}

type DialogProps = { user: User, target: Target, count: number, onClose: () => void }

function DeleteKeysDialog ({ user, target, count, onClose }: DialogProps) {
  const path = { user_id: user.id }
  const all = count === 1 ? '1 API key' : `${count} API keys`
  const subject = target === 'all' ? `${all} of ${user.username}` : nameOfKey(target)
  const remove = useAction(() => ask(target === 'all'
    ? api.DELETE('/api/v1/users/{user_id}/api_keys', { params: { path } })
    : api.DELETE('/api/v1/users/{user_id}/api_keys/{api_key_id}', {
      params: { path: { ...path, api_key_id: target.id } }
    })
  ), { changes: ['api-keys'], notice: () => `${subject} deleted.`, onDone: onClose })
  return (
    <ConfirmDialog
      title={`Delete ${subject}?`} confirmLabel={target === 'all' ? `Delete ${all}` : 'Delete key'} isDangerous
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Requests with {target === 'all' ? 'these keys' : 'this key'} will be rejected. This cannot be undone.
    </ConfirmDialog>
  )
}
