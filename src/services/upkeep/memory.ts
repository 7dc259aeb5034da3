import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

/** `bornMs` is time that went by (performance.now), the others are the clock's. */
type Entry<V> = { value: V, bornMs: number, since: number, until: number }

/** What a process remembers for a moment, the latest used of it, and not a moment longer even if the clock is set. */
export function createMemory<V extends {}> ({ clock, max, ttlMs }: { clock: Clock, max: number, ttlMs: number }) {
  // Its own time to live would be looked at besides.
  const entries = new LRUCache<string, Entry<V>>({ max })

  function isFresh ({ bornMs, since, until }: Entry<V>): boolean {
    const now = clock().getTime()
    return now >= since && now < until && performance.now() - bornMs < ttlMs
  }

  return {
    get (key: string): V | undefined {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (isFresh(entry)) return entry.value
      entries.delete(key)
      return undefined
    },

    /** @param ends a moment by which it is over in any case */
    set (key: string, value: V, ends?: Date) {
      const since = clock().getTime()
      const until = Math.min(since + ttlMs, ends?.getTime() ?? Infinity)
      entries.set(key, { value, bornMs: performance.now(), since, until })
    },

    /** Another value for what is remembered, and no more time. */
    replace (key: string, value: V) {
      const entry = entries.get(key)
      if (entry) entry.value = value
    },

    delete: (key: string) => { entries.delete(key) },

    clear: () => entries.clear()
  }
}
