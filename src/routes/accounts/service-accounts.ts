import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentUser } from '../../presenters/accounts/users.ts'
import { ServiceAccountCreate } from '../../schemas/accounts/service-accounts.ts'
import { User } from '../../schemas/accounts/users.ts'
import { failures, signedIn } from '../../schemas/common.ts'

/** Accounts of programs, for superusers. */
export const serviceAccountRoutes: FastifyPluginAsyncTypebox = async app => {
  app.post('/service_accounts', {
    config: { requires: 'services:write' },
    schema: {
      operationId: 'createServiceAccount',
      tags: ['users'],
      summary: 'Create a service account',
      description: 'It is active, has no password and cannot sign in: it uses API keys. The operations on accounts ' +
        'rename, deactivate and delete it.',
      security: signedIn,
      body: ServiceAccountCreate,
      response: { 201: User, ...failures(400, 401, 403) }
    }
  }, async ({ caller, body }, reply) => {
    const user = await app.services.serviceAccounts.create(caller, body.username)
    return reply.code(201).header('location', `/api/v1/users/${user.id}`).send(presentUser(user))
  })
}
