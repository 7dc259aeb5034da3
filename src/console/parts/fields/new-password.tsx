import { Button, Group, Stack } from '@mantine/core'
import { PASSWORD_LENGTH_MIN, passwordShapeProblem } from '../../../policy/password-shape.ts'
import { PasswordField } from './password-field.tsx'

export type PasswordPair = { password: string, confirmation: string }

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Four groups of five characters, without look-alikes such as 1 and l: 115 bits. */
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

/** The errors of a new password and its confirmation, as far as the browser can check them. */
export function passwordErrors ({ password, confirmation }: PasswordPair, username: string) {
  return {
    password: passwordShapeProblem(password, username),
    confirmation: confirmation === password ? undefined : 'The passwords do not match'
  }
}

type Props = {
  label?: string
  confirmLabel?: string
  values: PasswordPair
  onChange: (values: PasswordPair) => void
  errors: { password?: string | undefined, confirmation?: string | undefined }
  /** Shows a button that generates a password. Called with each generated password. */
  onGenerate?: (password: string) => void
}

/** The fields for a new password, with its rules. */
export function NewPassword (
  { label = 'Password', confirmLabel = 'Confirm password', values, onChange, errors, onGenerate }: Props
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
        description={`At least ${PASSWORD_LENGTH_MIN} characters. Not the username and not a common password.`}
        onChange={password => onChange({ ...values, password })}
      />
      <PasswordField
        label={confirmLabel} required autoComplete='new-password' value={values.confirmation}
        error={errors.confirmation} onChange={confirmation => onChange({ ...values, confirmation })}
      />
      {onGenerate && (
        <Group><Button variant='default' size='xs' onClick={generate}>Generate password</Button></Group>
      )}
    </Stack>
  )
}
