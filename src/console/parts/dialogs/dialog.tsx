import { Modal, type ModalProps } from '@mantine/core'
import { useEffect, useRef } from 'react'

/** The focused element. For a menu that closes, the button that opened it. */
function findOpener (): Element | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role="menu"]')
  return menu ? document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`) : focused
}

type Props = Omit<ModalProps, 'opened' | 'onClose'> & {
  /** Without it, only the buttons inside the dialog close it. */
  onClose?: (() => void) | undefined
}

/** A dialog that is open while it is mounted. Restores the focus when it closes. */
export function Dialog ({ onClose, ...rest }: Props) {
  const opener = useRef<Element | null>(null)
  opener.current ??= findOpener()
  useEffect(() => () => {
    const { current } = opener
    setTimeout(() => { if (current instanceof HTMLElement && current.isConnected) current.focus() })
  }, [])
  const isDismissible = onClose !== undefined
  return (
    <Modal
      opened onClose={onClose ?? (() => {})} returnFocus={false} closeButtonProps={{ 'aria-label': 'Close' }}
      withCloseButton={isDismissible} closeOnEscape={isDismissible} closeOnClickOutside={isDismissible} {...rest}
    />
  )
}
