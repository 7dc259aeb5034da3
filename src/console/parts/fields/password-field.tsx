import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { type ClipboardEvent, type KeyboardEvent, useState } from 'react'

type Props = Omit<PasswordInputProps, 'onChange'> & { onChange: (value: string) => void }

const lineBreaksRemoved = 'The line breaks of the pasted text were removed. Passwords cannot contain them.'

/** A password field with a visibility toggle. Warns about caps lock and about line breaks that the browser removed. */
export function PasswordField ({ onChange, description, ...rest }: Props) {
  const [hasCapsLock, setCapsLock] = useState(false)
  const [isVisible, setVisible] = useState(false)
  const [wasCut, setCut] = useState(false)
  const paste = (event: ClipboardEvent) => setCut(/[\r\n]/.test(event.clipboardData.getData('text/plain')))
  const change = (text: string) => {
    if (text === '') setCut(false)
    onChange(text)
  }
  const checkCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  const warning = wasCut
    ? <span role='status'>{lineBreaksRemoved}</span>
    : hasCapsLock ? 'Caps lock is on' : undefined
  return (
    <PasswordInput
      {...rest}
      description={warning ?? description}
      visible={isVisible}
      onVisibilityChange={setVisible}
      onChange={event => change(event.currentTarget.value)}
      onPaste={paste}
      onKeyDown={checkCapsLock}
      onKeyUp={checkCapsLock}
      visibilityToggleButtonProps={{ 'aria-label': isVisible ? 'Hide password' : 'Show password', tabIndex: 0 }}
    />
  )
}
