import { useNetwork } from '@mantine/hooks'

/** Says for as long as the browser has no network why nothing works. */
export function Offline () {
  const { online } = useNetwork()
  return (
    <div role='status'>
      {!online && (
        <p className='offline'>
          You are offline: what you see may be old, and nothing can be saved until you are back.
        </p>
      )}
    </div>
  )
}
