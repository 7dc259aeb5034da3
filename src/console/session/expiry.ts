import { useSyncExternalStore } from 'react'

type Waiting = { promise: Promise<boolean>, settle: (isSignedIn: boolean) => void }

let waiting: Waiting | undefined
const listeners = new Set<() => void>()

function change (next: Waiting | undefined) {
  waiting = next
  for (const listener of listeners) listener()
}

/** Opens the sign-in dialog over the page; requests wait for it. False when somebody chose to leave instead. */
export function signInAgain (): Promise<boolean> {
  if (waiting) return waiting.promise
  let settle: Waiting['settle'] = () => {}
  const promise = new Promise<boolean>(resolve => { settle = resolve })
  change({ promise, settle })
  return promise
}

/** Lets the waiting requests go on, or fail. */
export function settleExpiry (isSignedIn: boolean) {
  waiting?.settle(isSignedIn)
  change(undefined)
}

function subscribe (listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/** Whether requests wait for somebody to sign in. */
export const useIsExpired = () => useSyncExternalStore(subscribe, () => waiting !== undefined)
