import { Center, Loader } from '@mantine/core'

/** Shown while a page or a part of it loads. */
export function Loading () {
  return <Center className='loading' role='status'><Loader size='sm' aria-label='Loading' /></Center>
}
