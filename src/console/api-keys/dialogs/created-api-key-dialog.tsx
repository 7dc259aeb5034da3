import { Button, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ApiKeyCreated } from '../../api/client.ts'
import { basePath } from '../../base-path.ts'
import { Dialog } from '../../parts/dialogs/dialog.tsx'
import { CopyButton } from '../../parts/fields/copy-button.tsx'

type Props = { created: ApiKeyCreated, note?: ReactNode, onClose: () => void }

/** Shows a new key, once. Only its button closes the dialog. */
export function CreatedApiKeyDialog ({ created: { api_key: key }, note, onClose }: Props) {
  const command = `curl ${location.origin}${basePath}/api/v1/users/whoami -H 'x-api-key: ${key}'`
  return (
    <Dialog title='Save your API key now' size='lg'>
      <Stack>
        <Text size='sm'>
          The key is shown only once. The server stores a digest and cannot show the key again.{note && <> {note}</>}
        </Text>
        <Group gap='xs' wrap='nowrap' align='stretch'>
          <code className='secret' data-testid='api-key'>{key}</code>
          <CopyButton text={key} label='Copy key' h='auto' miw={100} data-autofocus />
        </Group>
        <div>
          <Text size='sm' mb={4}>Try it:</Text>
          <pre className='secret'>{command}</pre>
          <CopyButton text={command} label='Copy command' mt='xs' />
        </div>
        <Group justify='flex-end'><Button onClick={onClose}>I have saved it</Button></Group>
      </Stack>
    </Dialog>
  )
}
