import type { Account } from '../../api/client.ts'
import { deleteUser, updateUser } from '../accounts.ts'
import type { Restrictions } from '../use-restrictions.ts'

export type BulkAction = {
  label: string
  /** The verb for the outcome, as in "3 accounts deleted". */
  done: string
  isDangerous?: boolean
  effect: string
  appliesTo: (account: Account) => boolean
  restriction?: keyof Restrictions
  run: (id: string) => Promise<unknown>
}

/** The actions for several accounts, by name. */
export const bulkActions = {
  approve: {
    label: 'Approve',
    done: 'approved',
    effect: 'They will be able to sign in, as regular users.',
    appliesTo: ({ status }) => status === 'pending',
    run: id => updateUser(id, { is_active: true })
  },
  activate: {
    label: 'Activate',
    done: 'activated',
    effect: 'They will be able to sign in, and their API keys will work again.',
    appliesTo: ({ status }) => status === 'inactive',
    run: id => updateUser(id, { is_active: true })
  },
  deactivate: {
    label: 'Deactivate',
    done: 'deactivated',
    isDangerous: true,
    effect: 'They will lose access within a second: all sessions end and API keys stop working. Nothing is deleted.',
    appliesTo: ({ status }) => status === 'active',
    restriction: 'deactivate',
    run: id => updateUser(id, { is_active: false })
  },
  delete: {
    label: 'Delete',
    done: 'deleted',
    isDangerous: true,
    effect: 'Deletes the accounts with their flows, projects, variables, API keys and sessions. This cannot be undone.',
    appliesTo: () => true,
    restriction: 'remove',
    run: deleteUser
  }
} as const satisfies Record<string, BulkAction>

export type BulkActionName = keyof typeof bulkActions

export const countAccounts = (count: number) => count === 1 ? '1 account' : `${count} accounts`

export type Outcome = { done: Account[], failed: Array<{ account: Account, reason: string }> }

/** Applies an action to one account after the other. A failure does not stop the others. */
export async function runAll ({ run }: BulkAction, accounts: Account[]): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [] }
  for (const account of accounts) {
    try {
      await run(account.user.id)
      outcome.done.push(account)
    } catch (error) {
      outcome.failed.push({ account, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return outcome
}
