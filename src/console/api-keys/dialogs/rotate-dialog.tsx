import { NativeSelect, Text } from '@mantine/core'
import { useState } from 'react'
import type { ApiKey } from '../../api/client.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { exactTime } from '../../parts/tables/moment.tsx'
import { useNow } from '../../parts/tables/use-now.ts'
import { isExpired, nameOfKey } from '../api-key-cells.tsx'
import { type KeyOwner, rotateApiKey } from '../api-keys.ts'
import { CreatedApiKeyDialog } from './created-api-key-dialog.tsx'

const overlaps = [
  { value: '0', label: 'It stops now' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' }
]

type Props = { owner: KeyOwner, apiKey: ApiKey, onClose: () => void }

/** Replaces a key by a new one and shows the new one. */
export function RotateDialog ({ owner, apiKey, onClose }: Props) {
  const [overlap, setOverlap] = useState('86400')
  const isOver = isExpired(apiKey, useNow())
  const rotate = useAction(() => rotateApiKey(owner, apiKey.id, isOver ? 0 : Number(overlap)), {
    changes: ['api-keys']
  })
  if (rotate.data) {
    const { previous, ...created } = rotate.data
    const until = previous.expires_at !== null && new Date(previous.expires_at).getTime() > Date.now()
      ? `The old key works until ${exactTime(previous.expires_at)}.`
      : 'The old key no longer works.'
    return <CreatedApiKeyDialog created={created} note={until} onClose={onClose} />
  }
  return (
    <FormDialog
      title={`Rotate ${nameOfKey(apiKey)}`} submitLabel='Create new key' isBusy={rotate.isPending}
      failure={rotate.error} onClose={onClose} onSubmit={() => rotate.mutate()}
    >
      <Text size='sm'>
        A new key with the same settings replaces this one{apiKey.expires_at !== null && '; its lifetime starts again'}.
        {!isOver && ' Both keys work until the old one stops, so that programs can change over without interruption.'}
      </Text>
      {!isOver && (
        <NativeSelect
          label='How long the old key continues to work' data={overlaps} value={overlap} data-autofocus
          onChange={event => setOverlap(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  )
}
