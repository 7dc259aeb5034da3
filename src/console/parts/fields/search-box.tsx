import { CloseButton, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Icon } from '../pages/icons.tsx'

const PAUSE_MS = 200

type Props = { label: string, value: string, onSearch: (text: string) => void }

/** Searches while typing, after a short pause. */
export function SearchBox ({ label, value, onSearch }: Props) {
  const [text, setText] = useState(value)
  const onSearchRef = useRef(onSearch)
  onSearchRef.current = onSearch
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => onSearchRef.current(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <TextInput
      type='search' className='search' data-shortcut='/' aria-label={label} placeholder={label} maxLength={256}
      value={text}
      leftSection={<Icon name='search' />}
      rightSection={text !== '' && <CloseButton size='sm' aria-label='Clear search' onClick={() => setText('')} />}
      onChange={event => setText(event.currentTarget.value)}
    />
  )
}
