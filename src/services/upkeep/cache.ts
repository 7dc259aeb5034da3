import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

/** `bornMs` is monotonic time (performance.now); the others are times of the clock. */
type Entry<V> = { value: V, bornMs: number, since: number, until: number }

/** An LRU cache whose entries expire after `ttlMs`, even if the clock is set back. */
export function createCache<V extends {}> ({ clock, max, ttlMs }: { clock: Clock, max: number, ttlMs: number }) {
  // lru-cache's TTL is unused; `isFresh` checks the age.
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

    /** @param ends the latest expiry of the entry */
    set (key: string, value: V, ends?: Date) {
      const since = clock().getTime()
      const until = Math.min(since + ttlMs, ends?.getTime() ?? Infinity)
      entries.set(key, { value, bornMs: performance.now(), since, until })
    },

    /** Replaces the value and keeps its expiry. */
    replace (key: string, value: V) {
      const entry = entries.get(key)
      if (entry) entry.value = value
    },

    delete: (key: string) => { entries.delete(key) },

    clear: () => entries.clear()
  }
}
