import { Button, Group, Stack } from '@mantine/core'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
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

/**
 * A dialog with a form. Enter submits, Escape cancels, and a failed request keeps the input. The first field with an
 * error gets the focus.
 */
export function FormDialog (
  { title, onClose, onSubmit, submitLabel, isBusy, failure, canSubmit = true, isDangerous = false, children }: Props
) {
  const form = useRef<HTMLFormElement>(null)
  const [submissions, setSubmissions] = useState(0)
  useEffect(() => {
    if (submissions > 0 && !isBusy) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [submissions, isBusy])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSubmissions(submissions + 1)
    if (canSubmit && !isBusy) onSubmit()
  }
  return (
    <Dialog onClose={onClose} title={title}>
      <form ref={form} onSubmit={submit} noValidate>
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
