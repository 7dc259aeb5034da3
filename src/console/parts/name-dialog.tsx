import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { FormDialog } from './form-dialog.tsx'

type Props = {
  title: string
  label?: string
  submitLabel: string
  initial?: string
  lengthMax?: number
  isBusy: boolean
  failure: Error | null
  onSubmit: (name: string) => void
  onClose: () => void
}

/** Asks for a name. */
export function NameDialog (
  { title, label = 'Name', submitLabel, initial = '', lengthMax = 512, isBusy, failure, onSubmit, onClose }: Props
) {
  const [name, setName] = useState(initial)
  const [isTried, setTried] = useState(false)
  const isBlank = name.trim() === ''
  const submit = () => {
    setTried(true)
    if (!isBlank) onSubmit(name.trim())
  }
  return (
    <FormDialog
      title={title} submitLabel={submitLabel} isBusy={isBusy} failure={failure} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label={label} required data-autofocus maxLength={lengthMax} value={name}
        error={isTried && isBlank ? 'A name is needed' : undefined}
        onChange={event => setName(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
