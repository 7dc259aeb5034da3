import { Modal, type ModalProps } from '@mantine/core'
import { useEffect, useRef } from 'react'

const isModal = '[aria-modal="true"]'

/** What opened the last dialog from the page, for a dialog that takes the place of another one. */
let lastOpener: Element | null = null

/** The focused element. For a menu that closes, the button that opened it. */
function findOpener (): Element | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role="menu"]')
  const opener = menu ? document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`) : focused
  if (!document.querySelector(isModal)) lastOpener = opener
  return opener === document.body ? null : opener
}

/** Focuses an element, or what opened the last dialog if the element is gone. */
function restoreFocus (opener: Element | null) {
  const target = opener?.isConnected ? opener : lastOpener
  const modal = document.querySelector(isModal)
  if (target instanceof HTMLElement && (!modal || modal.contains(target))) target.focus()
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
    setTimeout(() => restoreFocus(current))
  }, [])
  const isDismissible = onClose !== undefined
  return (
    <Modal
      opened onClose={onClose ?? (() => {})} returnFocus={false} closeButtonProps={{ 'aria-label': 'Close' }}
      withCloseButton={isDismissible} closeOnEscape={isDismissible} closeOnClickOutside={isDismissible} {...rest}
    />
  )
}
