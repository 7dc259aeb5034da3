import { useSyncExternalStore } from 'react'

type Pending = { promise: Promise<boolean>, resolve: (isSignedIn: boolean) => void }

let pending: Pending | undefined
const listeners = new Set<() => void>()

function change (next: Pending | undefined) {
  pending = next
  for (const listener of listeners) listener()
}

/** Opens the sign-in dialog over the page. @returns whether the user signed in, for all waiting requests */
export function signInAgain (): Promise<boolean> {
  if (pending) return pending.promise
  const next = withResolvers()
  change(next)
  return next.promise
}

function withResolvers (): Pending {
  let resolvePromise: Pending['resolve'] = () => {}
  const promise = new Promise<boolean>(resolve => { resolvePromise = resolve })
  return { promise, resolve: resolvePromise }
}

/** Closes the dialog. The waiting requests continue after a sign-in and fail otherwise. */
export function closeSignIn (isSignedIn: boolean) {
  pending?.resolve(isSignedIn)
  change(undefined)
}

function subscribe (listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/** Whether requests wait for a new sign-in. */
export const useIsExpired = () => useSyncExternalStore(subscribe, () => pending !== undefined)
