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

/** A dialog with a single name field. */
export function NameDialog (
  { title, label = 'Name', submitLabel, initial = '', lengthMax = 512, isBusy, failure, onSubmit, onClose }: Props
) {
  const [name, setName] = useState(initial)
  const [isSubmitted, setSubmitted] = useState(false)
  const isBlank = name.trim() === ''
  const submit = () => {
    setSubmitted(true)
    if (!isBlank) onSubmit(name.trim())
  }
  return (
    <FormDialog
      title={title} submitLabel={submitLabel} isBusy={isBusy} failure={failure} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label={label} required data-autofocus maxLength={lengthMax} value={name}
        error={isSubmitted && isBlank ? 'Name is required' : undefined}
        onChange={event => setName(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
