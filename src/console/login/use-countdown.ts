import { useEffect, useState } from 'react'
import { ApiFailure } from '../api/failures.ts'

/** Seconds until the request may be repeated; 0 when it may be repeated now. */
export function useCountdown (failure: Error | null): number {
  const seconds = failure instanceof ApiFailure && [429, 503].includes(failure.status)
    ? failure.retryAfterSeconds ?? 0
    : 0
  const [left, setLeft] = useState(0)
  useEffect(() => {
    const end = Date.now() + seconds * 1000
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)))
    tick()
    if (seconds === 0) return
    const timer = setInterval(tick, 250)
    return () => clearInterval(timer)
  }, [failure, seconds])
  return left
}
