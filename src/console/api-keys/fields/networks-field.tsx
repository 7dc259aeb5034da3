import { Button, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { keyOptionsQuery } from '../api-keys.ts'

/** The networks in the text of the field, which separates them by line ends, blanks or commas. */
export const networksOf = (text: string) => text.split(/[\s,;]+/).filter(network => network !== '')

type Props = { value: string, error: string | undefined, onChange: (value: string) => void }

/** The networks from which a key may be used. */
export function NetworksField ({ value, error, onChange }: Props) {
  const { data } = useQuery(keyOptionsQuery)
  const address = data?.address
  const networks = networksOf(value)
  const isListed = [address, `${address}/32`, `${address}/128`].some(each => each && networks.includes(each))
  return (
    <div>
      <Textarea
        label='Only from these networks' description='Addresses or networks, one per line. Empty: from everywhere.'
        placeholder='192.0.2.0/24' autosize={false} rows={2} resize='vertical' spellCheck={false} autoComplete='off'
        value={value} error={error} onChange={event => onChange(event.currentTarget.value)}
      />
      {address && !isListed && (
        <Button
          size='compact-sm' variant='default' mt='xs' onClick={() => onChange([...networks, address].join('\n'))}
        >
          Add my address ({address})
        </Button>
      )}
    </div>
  )
}
