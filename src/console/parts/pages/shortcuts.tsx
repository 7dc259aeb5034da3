import { Stack, Switch } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { Dialog } from '../dialogs/dialog.tsx'

const SEQUENCE_MS = 1500
const OFF = 'shortcuts-off'

/** The pages that the key g opens, by the key that follows it. */
const pages: Record<string, string> = { f: '/flows', a: '/admin', s: '/settings' }

const sheet = (isSuperuser: boolean) => [
  ['?', 'Show this list'],
  ['/', 'Search'],
  ['n', 'New user, flow, API key or variable'],
  ['j', 'Next page of a list'],
  ['k', 'Previous page of a list'],
  ['g f', 'Go to Flows'],
  ...(isSuperuser ? [['g a', 'Go to Admin']] : []),
  ['g s', 'Go to Settings']
]

const isEnabled = () => localStorage.getItem(OFF) === null

function setEnabled (isOn: boolean) {
  if (isOn) localStorage.removeItem(OFF)
  else localStorage.setItem(OFF, 'true')
}

/** Whether a key belongs to a field, an open dialog or menu, or the browser. */
function isTaken ({ target, ctrlKey, metaKey, altKey, defaultPrevented }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || defaultPrevented) return true
  if (document.querySelector('[aria-modal="true"], [role="menu"]')) return true
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Presses or focuses the control of the page that has the shortcut. */
function activate (key: string): boolean {
  const control = document.querySelector<HTMLElement>(`[data-shortcut="${CSS.escape(key)}"]`)
  if (control instanceof HTMLInputElement) control.focus()
  else control?.click()
  return control !== null
}

type Props = { isSuperuser: boolean, isOpen: boolean, onOpen: () => void, onClose: () => void }

/** Keyboard shortcuts, and the dialog that lists them. Single keys can be switched off (WCAG 2.2, 2.1.4). */
export function Shortcuts ({ isSuperuser, isOpen, onOpen, onClose }: Props) {
  const navigate = useNavigate()
  useEffect(() => {
    let sequenceSince = 0
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isEnabled() || isTaken(event)) return
      const { key } = event
      const page = Date.now() - sequenceSince < SEQUENCE_MS ? pages[key] : undefined
      sequenceSince = key === 'g' ? Date.now() : 0
      if (page !== undefined) navigate(page)
      else if (key === '?') onOpen()
      else if (!activate(key)) return
      event.preventDefault() // the key must not be typed into the field that gets the focus
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [navigate, onOpen])
  return isOpen && <ShortcutSheet isSuperuser={isSuperuser} onClose={onClose} />
}

function ShortcutSheet ({ isSuperuser, onClose }: { isSuperuser: boolean, onClose: () => void }) {
  const [isOn, setOn] = useState(isEnabled)
  const change = (next: boolean) => {
    setEnabled(next)
    setOn(next)
  }
  return (
    <Dialog title='Keyboard shortcuts' onClose={onClose}>
      <Stack>
        <dl className='shortcuts'>
          {sheet(isSuperuser).map(([keys = '', action]) => (
            <div key={keys}>
              <dt>{action}</dt>
              <dd>{keys.split(' ').map(key => <kbd key={key}>{key}</kbd>)}</dd>
            </div>
          ))}
        </dl>
        <Switch
          label='Use keyboard shortcuts' checked={isOn} onChange={event => change(event.currentTarget.checked)}
        />
      </Stack>
    </Dialog>
  )
}
