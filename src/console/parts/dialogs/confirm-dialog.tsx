import { Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { FormDialog } from './form-dialog.tsx'

type Props = {
  title: string
  confirmLabel: string
  isDangerous?: boolean
  /** Text that must be typed before the confirm button is enabled. */
  word?: string
  isBusy: boolean
  failure: Error | null
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** States the effect of an action and asks for confirmation. */
export function ConfirmDialog (
  { title, confirmLabel, isDangerous = false, word, isBusy, failure, onConfirm, onClose, children }: Props
) {
  const [typed, setTyped] = useState('')
  return (
    <FormDialog
      title={title} submitLabel={confirmLabel} isBusy={isBusy} failure={failure} isDangerous={isDangerous}
      canSubmit={word === undefined || typed === word} onClose={onClose} onSubmit={onConfirm}
    >
      <Text size='sm' component='div'>{children}</Text>
      {word !== undefined && (
        <TextInput
          label={<>Type <code>{word}</code> to confirm</>} value={typed} autoComplete='off' spellCheck={false}
          data-autofocus onChange={event => setTyped(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  )
}
