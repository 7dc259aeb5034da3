import { ActionIcon, Textarea, type TextareaProps } from '@mantine/core'
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from 'react'
import { Icon } from '../pages/icons.tsx'
import { describeLines, fromArea, lineEndsOf, toArea } from './line-ends.ts'

type Props = Omit<TextareaProps, 'onChange' | 'value'> & { value: string, onChange: (value: string) => void }

/** A field for one or more lines that preserves line ends, including those of pasted text. */
export function LinesField ({ value, onChange, description, ...rest }: Props) {
  const clipboard = useRef<string>(undefined)
  const [wasMixed, setMixed] = useState(false)
  const paste = (event: ClipboardEvent) => { clipboard.current = event.clipboardData.getData('text/plain') }
  const change = (text: string) => {
    const pasted = clipboard.current
    // Text pasted into an empty field keeps the line ends of the clipboard.
    const isWhole = pasted !== undefined && toArea(pasted) === text
    const ends = lineEndsOf(isWhole ? pasted : `${value}${pasted ?? ''}`)
    clipboard.current = undefined
    setMixed(ends === 'mixed' || (wasMixed && text.includes('\n')))
    onChange(text === '' ? '' : fromArea(text, ends))
  }
  // Enter inserts a line break.
  const submit = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
  }
  const lines = describeLines(value, wasMixed)
  return (
    <Textarea
      {...rest}
      description={lines === undefined && description === undefined
        ? undefined
        : <span role='status'>{lines}{lines !== undefined && description !== undefined && ' '}{description}</span>}
      value={toArea(value)} onPaste={paste} onKeyDown={submit} onChange={event => change(event.currentTarget.value)}
    />
  )
}

/** A lines field for a secret, masked until it is revealed. */
export function SecretField (props: Props) {
  const [isVisible, setVisible] = useState(false)
  const label = isVisible ? 'Hide value' : 'Show value'
  return (
    <LinesField
      {...props} rows={4} autoComplete='off' autoCorrect='off' autoCapitalize='none' spellCheck={false}
      classNames={{ input: isVisible ? 'monospace' : 'monospace masked', section: 'toggle' }}
      rightSection={
        <ActionIcon variant='subtle' color='gray' size='sm' aria-label={label} onClick={() => setVisible(!isVisible)}>
          <Icon name={isVisible ? 'hide' : 'show'} />
        </ActionIcon>
      }
    />
  )
}
