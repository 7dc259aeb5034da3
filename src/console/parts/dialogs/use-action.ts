import { useMutation, useQueryClient } from '@tanstack/react-query'
import { notify } from '../pages/notifications.tsx'

type Options<R, V> = {
  /** Names of the queries to read again after a success. */
  changes: string[]
  /** The notification after a success. */
  notice?: (result: R, input: V) => string
  onDone?: (result: R, input: V) => void
  onFailure?: (failure: Error) => void
}

/** A request that changes something, with what follows from it. */
export function useAction<R, V = void> (
  work: (input: V) => Promise<R>, { changes, notice, onDone, onFailure }: Options<R, V>
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: work,
    onSuccess: (result, input) => {
      for (const name of changes) client.invalidateQueries({ queryKey: [name] })
      if (notice) notify(notice(result, input))
      onDone?.(result, input)
    },
    onError: failure => onFailure?.(failure)
  })
}
