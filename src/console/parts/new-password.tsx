import { Button, Group, Stack, Text } from '@mantine/core'
import { PASSWORD_LENGTH_MIN, passwordShapeProblem } from '../../policy/password-shape.ts'
import { PasswordField } from './password-field.tsx'

export type PasswordPair = { password: string, confirmation: string }

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Four groups of five letters that cannot be mistaken for one another: 115 bits. */
function generatePassword (): string {
  const pick = () => {
    const limit = 256 - 256 % LETTERS.length
    for (;;) {
      const [byte = limit] = crypto.getRandomValues(new Uint8Array(1))
      if (byte < limit) return LETTERS[byte % LETTERS.length]
    }
  }
  return Array.from({ length: 4 }, () => Array.from({ length: 5 }, pick).join('')).join('-')
}

/** What is wrong with the two, by field; nothing when they will do as far as a browser can tell. */
export function passwordErrors ({ password, confirmation }: PasswordPair, username: string) {
  return {
    password: passwordShapeProblem(password, username),
    confirmation: confirmation === password ? undefined : 'The two passwords differ'
  }
}

type Props = {
  label?: string
  confirmLabel?: string
  values: PasswordPair
  onChange: (values: PasswordPair) => void
  errors: { password?: string | undefined, confirmation?: string | undefined }
  /** Given when somebody else must be told the password. */
  onGenerate?: (password: string) => void
}

/** A new password, twice, with its rules in sight. */
export function NewPassword (
  { label = 'Password', confirmLabel = 'Confirm Password', values, onChange, errors, onGenerate }: Props
) {
  const generate = () => {
    const password = generatePassword()
    onChange({ password, confirmation: password })
    onGenerate?.(password)
  }
  return (
    <Stack gap='sm'>
      <PasswordField
        label={label} required autoComplete='new-password' value={values.password} error={errors.password}
        description={`At least ${PASSWORD_LENGTH_MIN} characters; not the username, and none of the most common ones.`}
        onChange={password => onChange({ ...values, password })}
      />
      <PasswordField
        label={confirmLabel} required autoComplete='new-password' value={values.confirmation}
        error={errors.confirmation} onChange={confirmation => onChange({ ...values, confirmation })}
      />
      {onGenerate && (
        <Group justify='space-between' gap='xs'>
          <Text size='xs' c='dimmed'>Tell it to its owner over a channel you trust.</Text>
          <Button variant='default' size='xs' onClick={generate}>Generate a password</Button>
        </Group>
      )}
    </Stack>
  )
}
