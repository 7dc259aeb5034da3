import { Modal, type ModalProps } from '@mantine/core'
import { useEffect, useRef } from 'react'

/** What had the focus; of a menu that closes, the button that opened it. */
function findOpener (): Element | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role="menu"]')
  return menu ? document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`) : focused
}

type Props = Omit<ModalProps, 'opened' | 'onClose'> & {
  /** Without it the dialog stays until its own buttons are used. */
  onClose?: (() => void) | undefined
}

/** A dialog that is open as long as it is there; when it goes, the focus is back where it was. */
export function Dialog ({ onClose, ...rest }: Props) {
  const opener = useRef<Element | null>(null)
  opener.current ??= findOpener()
  useEffect(() => () => {
    const { current } = opener
    setTimeout(() => { if (current instanceof HTMLElement && current.isConnected) current.focus() })
  }, [])
  const isFree = onClose !== undefined
  return (
    <Modal
      opened onClose={onClose ?? (() => {})} returnFocus={false} closeButtonProps={{ 'aria-label': 'Close' }}
      withCloseButton={isFree} closeOnEscape={isFree} closeOnClickOutside={isFree} {...rest}
    />
  )
}
