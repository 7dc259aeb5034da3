import { Button, type ButtonProps } from '@mantine/core'
import { useEffect, useState } from 'react'

/** Copies a text, and says that it did, or that the browser refused. */
export function CopyButton ({ text, label, ...rest }: ButtonProps & { text: string, label: string }) {
  const [outcome, setOutcome] = useState<string>()
  useEffect(() => {
    if (outcome === undefined) return
    const timer = setTimeout(() => setOutcome(undefined), 2500)
    return () => clearTimeout(timer)
  }, [outcome])
  // The page may be served over plain http, where browsers have no clipboard for it: then one marks and copies by hand.
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('Copied')
    } catch {
      setOutcome('Select it and copy')
    }
  }
  return (
    <Button variant='default' size='xs' {...rest} onClick={copy}>
      <span aria-live='polite'>{outcome ?? label}</span>
    </Button>
  )
}
