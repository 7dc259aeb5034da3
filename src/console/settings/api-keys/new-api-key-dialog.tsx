import { Alert, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ApiKeyCreated } from '../../api/client.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { createApiKey, lifetimes } from './api-keys.ts'
import { CreatedApiKeyDialog } from './created-api-key-dialog.tsx'

/** Creates a key and shows it. */
export function NewApiKeyDialog ({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [lifetime, setLifetime] = useState('90')
  const [created, setCreated] = useState<ApiKeyCreated>()
  const create = useAction(createApiKey, { changes: ['api-keys'], onDone: setCreated })
  if (created) return <CreatedApiKeyDialog created={created} onClose={onClose} />
  return (
    <FormDialog
      title='New API key' submitLabel='Create key' isBusy={create.isPending} failure={create.error} onClose={onClose}
      onSubmit={() => create.mutate({ name: name.trim(), lifetime })}
    >
      <TextInput
        label='Name' description='Where the key is used.' placeholder='nightly build' data-autofocus
        maxLength={256} value={name} onChange={event => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label='Expires after' data={lifetimes} value={lifetime}
        onChange={event => setLifetime(event.currentTarget.value)}
      />
      {lifetime === 'never' && (
        <Alert color='yellow' py='xs'>
          A key without expiry works until it is deleted. Anyone who has the key can act as you.
        </Alert>
      )}
    </FormDialog>
  )
}
