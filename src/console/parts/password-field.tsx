import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { type ClipboardEvent, type KeyboardEvent, useState } from 'react'

type Props = Omit<PasswordInputProps, 'onChange'> & { onChange: (value: string) => void }

const hadLineEnds = 'The pasted text had line ends. A password field cannot hold them: they were removed.'

/**
 * A password that can be shown, pasted and filled in by a manager; says when caps lock is on, and when the browser
 * removed line ends from a pasted text.
 */
export function PasswordField ({ onChange, description, ...rest }: Props) {
  const [hasCapsLock, setCapsLock] = useState(false)
  const [isVisible, setVisible] = useState(false)
  const [wasCut, setCut] = useState(false)
  const paste = (event: ClipboardEvent) => setCut(/[\r\n]/.test(event.clipboardData.getData('text/plain')))
  const change = (text: string) => {
    if (text === '') setCut(false)
    onChange(text)
  }
  const look = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  return (
    <PasswordInput
      {...rest}
      description={wasCut ? <span role='status'>{hadLineEnds}</span> : hasCapsLock ? 'Caps lock is on' : description}
      visible={isVisible}
      onVisibilityChange={setVisible}
      onChange={event => change(event.currentTarget.value)}
      onPaste={paste}
      onKeyDown={look}
      onKeyUp={look}
      visibilityToggleButtonProps={{ 'aria-label': isVisible ? 'Hide password' : 'Show password', tabIndex: 0 }}
    />
  )
}
