import { useNetwork } from '@mantine/hooks'

/** A banner while the browser is offline. */
export function Offline () {
  const { online } = useNetwork()
  return (
    <div role='status'>
      {!online && (
        <p className='offline'>
          You are offline. The page may be out of date, and changes cannot be saved.
        </p>
      )}
    </div>
  )
}
