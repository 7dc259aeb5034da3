import { Button, type ButtonProps } from '@mantine/core'
import { useEffect, useState } from 'react'
import { copyText } from './copy.ts'

/** Copies a text and shows whether the browser allowed it. */
export function CopyButton (
  { text, label, ...rest }: ButtonProps & { text: string, label: string, 'aria-label'?: string }
) {
  const [outcome, setOutcome] = useState<string>()
  useEffect(() => {
    if (outcome === undefined) return
    const timer = setTimeout(() => setOutcome(undefined), 2500)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async () => setOutcome(await copyText(text) ? 'Copied' : 'Select the text and copy it')
  return (
    <Button variant='default' size='xs' {...rest} onClick={copy}>
      <span aria-live='polite'>{outcome ?? label}</span>
    </Button>
  )
}
