import { useMutation, useQueryClient } from '@tanstack/react-query'
import { notify } from './notices.tsx'

type Options<R, V> = {
  /** Names of what must be read anew. */
  changes: string[]
  /** What to say when it is done. */
  said?: (result: R, input: V) => string
  onDone?: (result: R, input: V) => void
  onFailure?: (failure: Error) => void
}

/** Something that is asked of the server, and what follows from it. */
export function useAction<R, V = void> (
  work: (input: V) => Promise<R>, { changes, said, onDone, onFailure }: Options<R, V>
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: work,
    onSuccess: (result, input) => {
      for (const name of changes) client.invalidateQueries({ queryKey: [name] })
      if (said) notify(said(result, input))
      onDone?.(result, input)
    },
    onError: failure => onFailure?.(failure)
  })
}
