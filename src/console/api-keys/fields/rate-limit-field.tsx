import { Group, Input, NativeSelect, TextInput } from '@mantine/core'
import { windowsWith } from '../rate-limits.ts'

export type RateLimitValues = { limit: string, windowSeconds: number }

type Props = RateLimitValues & { error: string | undefined, onChange: (changes: Partial<RateLimitValues>) => void }

/** The rate limit of a key. Without a number there is no limit. */
export function RateLimitField ({ limit, windowSeconds, error, onChange }: Props) {
  return (
    <Input.Wrapper label='At most' labelElement='div' error={error}>
      <Group gap='xs' wrap='nowrap'>
        <TextInput
          className='short' inputMode='numeric' placeholder='no limit' aria-label='Requests' autoComplete='off'
          value={limit} error={error !== undefined} onChange={event => onChange({ limit: event.currentTarget.value })}
        />
        <span className='between'>requests per</span>
        <NativeSelect
          className='short' aria-label='Period' data={windowsWith(windowSeconds)} value={String(windowSeconds)}
          onChange={event => onChange({ windowSeconds: Number(event.currentTarget.value) })}
        />
      </Group>
    </Input.Wrapper>
  )
}
