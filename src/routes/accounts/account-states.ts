import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentAccount, toAccountPage } from '../../presenters/accounts/account-states.ts'
import { Account, AccountList, AccountListQuery } from '../../schemas/accounts/account-states.ts'
import { UserParams } from '../../schemas/accounts/users.ts'
import { anyCredential, failures } from '../../schemas/common.ts'

const tags = ['users']

/** Accounts with their states, for superusers. */
export const accountStateRoutes: FastifyPluginAsyncTypebox = async app => {
  const { accountStates } = app.services

  app.get('/accounts', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'listAccounts',
      tags,
      summary: 'List accounts with their states',
      description: 'The accounts with their approval status and throttling.',
      security: anyCredential,
      querystring: AccountListQuery,
      response: { 200: AccountList, ...failures(401, 403) }
    }
  }, async ({ query }, reply) => {
    const { total, accounts } = await accountStates.page(toAccountPage(query))
    reply.linkNext({ total, ...query })
    return { total_count: total, accounts: accounts.map(presentAccount) }
  })

  app.get('/accounts/:user_id', {
    config: { requires: 'users:read' },
    schema: {
      operationId: 'readAccount',
      tags,
      summary: 'Read an account with its state',
      security: anyCredential,
      params: UserParams,
      response: { 200: Account, ...failures(401, 403, 404) }
    }
  }, async ({ params }) => presentAccount(await accountStates.byId(params.user_id)))

  app.post('/users/:user_id/unlock', {
    config: { requires: 'users:write' },
    schema: {
      operationId: 'unlockUser',
      tags,
      summary: 'Unlock an account',
      description: 'Clears the failed sign-ins of the account: sign-ins are no longer throttled, on any replica, ' +
        'within a second.',
      security: anyCredential,
      params: UserParams,
      response: { 200: Account, ...failures(401, 403, 404) }
    }
  }, async ({ caller, params }) => presentAccount(await accountStates.unlock(caller, params.user_id)))
}
