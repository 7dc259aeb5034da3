import { Button, type ButtonProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Icon } from '../parts/pages/icons.tsx'
import { type KeyOwner, keyOptionsQuery } from './api-keys.ts'
import { NewApiKeyDialog } from './dialogs/new-api-key-dialog.tsx'

/** Opens the dialog that creates a key. */
export function NewApiKeyButton ({ owner, ...rest }: ButtonProps & { owner: KeyOwner }) {
  const [isOpen, setOpen] = useState(false)
  useQuery(keyOptionsQuery) // so that the dialog opens with them
  return (
    <>
      <Button {...rest} leftSection={<Icon name='add' />} data-shortcut='n' onClick={() => setOpen(true)}>
        New API key
      </Button>
      {isOpen && <NewApiKeyDialog owner={owner} onClose={() => setOpen(false)} />}
    </>
  )
}
