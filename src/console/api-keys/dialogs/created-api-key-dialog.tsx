import { Button, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ApiKeyCreated } from '../../api/client.ts'
import { basePath } from '../../base-path.ts'
import { Dialog } from '../../parts/dialogs/dialog.tsx'
import { CopyButton } from '../../parts/fields/copy-button.tsx'

/** A request to try a key with, for each scope. */
const trials = [
  ['account:read', 'users/whoami'], ['flows:read', 'flows/'], ['variables:read', 'variables/'],
  ['keys:read', 'api_key/'], ['users:read', 'users/']
] as const

/** The path of a request that the key may make. */
const trialOf = ({ scopes }: ApiKeyCreated) => trials.find(([scope]) => scopes?.includes(scope) ?? true)?.[1]

type Props = { created: ApiKeyCreated, note?: ReactNode, onClose: () => void }

/** Shows a new key, once. Only its button closes the dialog. */
export function CreatedApiKeyDialog ({ created, note, onClose }: Props) {
  const { api_key: key } = created
  const trial = trialOf(created)
  const command = `curl ${location.origin}${basePath}/api/v1/${trial} -H 'x-api-key: ${key}'`
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
        {trial !== undefined && (
          <div>
            <Text size='sm' mb={4}>Try it:</Text>
            <pre className='secret'>{command}</pre>
            <CopyButton text={command} label='Copy command' mt='xs' />
          </div>
        )}
        <Group justify='flex-end'><Button onClick={onClose}>I have saved it</Button></Group>
      </Stack>
    </Dialog>
  )
}
