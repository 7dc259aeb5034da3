import { Text } from '@mantine/core'
import { CopyButton } from './copy-button.tsx'

/** A generated password in plain text, for the administrator who passes it on. */
export function GeneratedPassword ({ password }: { password: string }) {
  return (
    <Text size='sm' component='div'>
      <code>{password}</code> <CopyButton text={password} label='Copy' size='compact-xs' />
      <Text size='xs' c='dimmed'>Send it to the user over a secure channel.</Text>
    </Text>
  )
}
