import { Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { keyColumns, KeyStatus, keyUseColumns, nameOfKey } from '../../api-keys/api-key-cells.tsx'
import { ApiKeyTable } from '../../api-keys/api-key-table.tsx'
import { accountKeysQuery } from '../../api-keys/api-keys.ts'
import { NewApiKeyButton } from '../../api-keys/new-api-key-button.tsx'
import type { ApiKey, User } from '../../api/client.ts'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { type Columns, DataTable } from '../../parts/tables/data-table.tsx'
import { DeleteKeysDialog, type Target } from '../dialogs/delete-keys-dialog.tsx'

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

/**
 * The API keys of an account, masked, which a superuser can delete. Those of a service account have no other
 * administrators: superusers also create, change and rotate them.
 */
export function AccountKeys ({ user, isService }: { user: User, isService: boolean }) {
  const [target, setTarget] = useState<Target>()
  const { data, error, refetch } = useQuery(accountKeysQuery(user.id))
  const columns = useMemo(() => columnsOf(setTarget), [])
  const count = data?.length ?? 0
  const owner = { user, isMe: false }
  return (
    <section className='keys' aria-labelledby='keys-title'>
      <Group justify='space-between' mb='xs'>
        <Title order={2} size='h5' id='keys-title'>API keys{data && ` (${count})`}</Title>
        <Group gap='xs'>
          {count > 0 && (
            <Button size='xs' variant='light' color='red' onClick={() => setTarget('all')}>Delete all…</Button>
          )}
          {isService && <NewApiKeyButton owner={owner} size='xs' />}
        </Group>
      </Group>
      {!data && !error && <Loading />}
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {data && count === 0 && <Text size='sm' c='dimmed'>{user.username} has no API keys.</Text>}
      {data && count > 0 && (isService
        ? <ApiKeyTable label={`API keys of ${user.username}`} owner={owner} keys={data} />
        : <DataTable label={`API keys of ${user.username}`} columns={columns} data={data} />
      )}
      {target && (
        <DeleteKeysDialog owner={user} target={target} count={count} onClose={() => setTarget(undefined)} />
      )}
    </section>
  )
}
