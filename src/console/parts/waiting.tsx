import { Center, Loader } from '@mantine/core'

/** While there is nothing to show yet. */
export function Waiting () {
  return <Center className='waiting' role='status'><Loader size='sm' aria-label='Loading' /></Center>
}
