import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { type KeyboardEvent, useState } from 'react'

type Props = Omit<PasswordInputProps, 'onChange'> & { onChange: (value: string) => void }

/** A password that can be shown, pasted and filled in by a manager; says when caps lock is on. */
export function PasswordField ({ onChange, description, ...rest }: Props) {
  const [hasCapsLock, setCapsLock] = useState(false)
  const [isVisible, setVisible] = useState(false)
  const look = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  return (
    <PasswordInput
      {...rest}
      description={hasCapsLock ? 'Caps lock is on' : description}
      visible={isVisible}
      onVisibilityChange={setVisible}
      onChange={event => onChange(event.currentTarget.value)}
      onKeyDown={look}
      onKeyUp={look}
      visibilityToggleButtonProps={{ 'aria-label': isVisible ? 'Hide password' : 'Show password', tabIndex: 0 }}
    />
  )
}
