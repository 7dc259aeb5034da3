import { useState } from 'react'
import type { AccountRow } from '../accounts.ts'

/** The selected accounts among the visible ones. */
export function useSelection (visible: AccountRow[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const accounts = visible.filter(({ id }) => ids.has(id))
  const isFull = visible.length > 0 && accounts.length === visible.length
  return {
    accounts,
    /** Whether every visible account is selected. */
    isFull,
    has: (id: string) => ids.has(id),
    toggle: (id: string) => setIds(ids.has(id) ? new Set([...ids].filter(each => each !== id)) : new Set([...ids, id])),
    toggleAll: () => setIds(new Set(isFull ? [] : visible.map(({ id }) => id))),
    clear: () => setIds(new Set())
  }
}

export type Selection = ReturnType<typeof useSelection>
