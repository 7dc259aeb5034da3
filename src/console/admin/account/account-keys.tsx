import { Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { keyColumns, KeyStatus, keyUseColumns, nameOfKey } from '../../api-keys/api-key-cells.tsx'
import { accessColumn } from '../../api-keys/api-key-columns.tsx'
import { accountKeysQuery, removeAccountKey, removeAccountKeys } from '../../api-keys/api-keys.ts'
import type { ApiKey, User } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/dialogs/confirm-dialog.tsx'
import { type Columns, DataTable } from '../../parts/tables/data-table.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'

type Target = ApiKey | 'all'

const columnsOf = (onDelete: (key: ApiKey) => void): Columns<ApiKey> => [
  ...keyColumns,
  accessColumn(false),
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
  const { data, error, refetch } = useQuery(accountKeysQuery(user.id))
  const columns = useMemo(() => columnsOf(setTarget), [])
  const count = data?.length ?? 0
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
        <DataTable label={`API keys of ${user.username}`} columns={columns} data={data} />
      )}
      {target && <DeleteKeysDialog user={user} target={target} count={count} onClose={() => setTarget(undefined)} />}
    </section>
  )
}

type DialogProps = { user: User, target: Target, count: number, onClose: () => void }

function DeleteKeysDialog ({ user, target, count, onClose }: DialogProps) {
  const all = count === 1 ? '1 API key' : `${count} API keys`
  const subject = target === 'all' ? `${all} of ${user.username}` : nameOfKey(target)
  const remove = useAction(() => target === 'all' ? removeAccountKeys(user.id) : removeAccountKey(user.id, target.id), {
    changes: ['api-keys'], notice: () => `${subject} deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${subject}?`} confirmLabel={target === 'all' ? `Delete ${all}` : 'Delete key'} isDangerous
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Requests with {target === 'all' ? 'these keys' : 'this key'} will be rejected. This cannot be undone.
    </ConfirmDialog>
  )
}
