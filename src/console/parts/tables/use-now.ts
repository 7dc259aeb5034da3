import { useSyncExternalStore } from 'react'

const TICK_MS = 10_000
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function tick () {
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe (listener: () => void) {
  if (listeners.size === 0) {
    now = Date.now()
    timer = setInterval(tick, TICK_MS)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}

/** The present time in milliseconds. Renders the component again every ten seconds. */
export const useNow = () => useSyncExternalStore(subscribe, () => now)
