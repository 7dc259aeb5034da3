import { Type } from '@sinclair/typebox'
import type { AccountFilter } from '../../services/accounts/account-states.ts'
import { Nullable } from '../common.ts'
import { User, UserListQuery } from './users.ts'

const statuses = ['active', 'pending', 'inactive'] as const

export const Account = Type.Object({
  user: User,
  status: Type.Unsafe<typeof statuses[number]>({
    type: 'string',
    enum: [...statuses],
    description: '`pending`: created inactive and not approved yet. `inactive`: deactivated.'
  }),
  is_service: Type.Boolean({ description: 'A service account has API keys and no password.' }),
  is_throttled: Nullable(Type.Boolean({
    description: 'Whether sign-ins are throttled. Null while the store of the failure counts does not answer.'
  })),
  throttled_until: Nullable(Type.String({
    format: 'date-time',
    description: 'Until then, sign-ins are throttled from at least one network. Null when they are not.'
  }))
}, { title: 'Account' })

export const AccountList = Type.Object({
  total_count: Type.Integer(), accounts: Type.Array(Account)
}, { title: 'AccountList' })

export const AccountListQuery = Type.Object({
  ...Type.Omit(UserListQuery, ['waiting']).properties,
  status: Type.Optional(Type.Unsafe<AccountFilter>({
    type: 'string',
    enum: [...statuses, 'throttled', 'superuser', 'service'],
    description: 'Only accounts with this status; `throttled`, `superuser` and `service` filter by those properties.'
  }))
})
