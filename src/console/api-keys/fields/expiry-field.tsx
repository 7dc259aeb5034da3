import { Alert, NativeSelect, TextInput } from '@mantine/core'
import { datesWithin, lifetimesWithin } from './expiry.ts'

export type Expiry = { lifetime: string, date: string }

type Props = Expiry & {
  maxDays: number | null
  /** Who acts with the key. */
  holder: string
  errors: { [Name in keyof Expiry]: string | undefined }
  onChange: (changes: Partial<Expiry>) => void
}

/** When a new key expires. */
export function ExpiryField ({ lifetime, date, maxDays, holder, errors, onChange }: Props) {
  return (
    <>
      <NativeSelect
        label='Expires after' data={lifetimesWithin(maxDays)} value={lifetime} error={errors.lifetime}
        onChange={event => onChange({ lifetime: event.currentTarget.value })}
      />
      {lifetime === 'date' && (
        <TextInput
          type='date' label='Last day' required {...datesWithin(maxDays)} value={date} error={errors.date}
          onChange={event => onChange({ date: event.currentTarget.value })}
        />
      )}
      {lifetime === 'never' && (
        <Alert color='yellow' py='xs'>
          A key without expiry works until it is deleted. Anyone who has the key can act as {holder}.
        </Alert>
      )}
    </>
  )
}
