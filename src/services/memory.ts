import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

type Entry<V> = { value: V, since: number, until: number }

/** What a process remembers for a moment, the latest used of it, and not a moment longer even if the clock is set. */
export function createMemory<V extends {}> ({ clock, max, ttlMs }: { clock: Clock, max: number, ttlMs: number }) {
  // Its own measure is the time that goes by; the clock of the service is looked at below.
  const entries = new LRUCache<string, Entry<V>>({ max, ttl: ttlMs, ttlResolution: 0 })

  return {
    get (key: string): V | undefined {
      const entry = entries.get(key)
      if (!entry) return undefined
      const now = clock().getTime()
      if (now >= entry.since && now < entry.until) return entry.value
      entries.delete(key)
      return undefined
    },

    /** @param ends a moment by which it is over in any case */
    set (key: string, value: V, ends?: Date) {
      const since = clock().getTime()
      entries.set(key, { value, since, until: Math.min(since + ttlMs, ends?.getTime() ?? Infinity) })
    },

    /** Another value for what is remembered, and no more time. */
    replace (key: string, value: V) {
      const entry = entries.get(key)
      if (entry) entries.set(key, { ...entry, value }, { noUpdateTTL: true })
    },

    clear: () => entries.clear()
  }
}
