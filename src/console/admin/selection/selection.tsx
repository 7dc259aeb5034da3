import { createContext, use } from 'react'
import type { User } from '../../api/client.ts'
import type { Selection } from './use-selection.ts'

/** The selection, for the cells of the table: the columns stay the same while it changes. */
export const SelectionContext = createContext<Selection | undefined>(undefined)

function useSelectionContext (): Selection {
  const selection = use(SelectionContext)
  if (!selection) throw new Error('the table needs SelectionContext above it')
  return selection
}

export function SelectAll () {
  const { accounts, isFull, toggleAll } = useSelectionContext()
  return (
    <input
      type='checkbox' className='select' aria-label='Select all accounts on this page' checked={isFull}
      ref={box => { if (box) box.indeterminate = !isFull && accounts.length > 0 }} onChange={toggleAll}
    />
  )
}

export function SelectOne ({ user: { id, username } }: { user: User }) {
  const { has, toggle } = useSelectionContext()
  return (
    <input
      type='checkbox' className='select' aria-label={`Select ${username}`} checked={has(id)}
      onChange={() => toggle(id)}
    />
  )
}
