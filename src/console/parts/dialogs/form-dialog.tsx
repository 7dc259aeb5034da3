import { Button, Group, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { Dialog } from './dialog.tsx'
import { FormFailure } from '../pages/failure-view.tsx'

type Props = {
  title: string
  onClose: () => void
  onSubmit: () => void
  submitLabel: string
  isBusy: boolean
  failure?: Error | null
  canSubmit?: boolean
  isDangerous?: boolean
  children: ReactNode
}

/** A dialog with a form. Enter submits, Escape cancels, and a failed request keeps the input. */
export function FormDialog (
  { title, onClose, onSubmit, submitLabel, isBusy, failure, canSubmit = true, isDangerous = false, children }: Props
) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (canSubmit && !isBusy) onSubmit()
  }
  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {children}
          <FormFailure failure={failure} />
          <Group justify='flex-end'>
            <Button variant='default' onClick={onClose}>Cancel</Button>
            <Button type='submit' loading={isBusy} disabled={!canSubmit} {...(isDangerous ? { color: 'red' } : {})}>
              {submitLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
