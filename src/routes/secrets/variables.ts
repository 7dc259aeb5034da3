import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, Empty, explicitCredential, failures } from '../../schemas/common.ts'
import { presentVariable, toNewVariable, toVariableChanges } from '../../presenters/secrets/variables.ts'
import {
  Variable, VariableCreate, VariableList, VariableParams, VariableUpdate, VariableValue
} from '../../schemas/secrets/variables.ts'

const tags = ['variables']

/** Variables: plain values and encrypted Credentials of the authenticated account. */
export const variableRoutes: FastifyPluginAsyncTypebox = async app => {
  const { variables } = app.services

  app.post('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'variables:write' },
    schema: {
      operationId: 'createVariable',
      tags,
      summary: 'Create a variable',
      security: anyCredential,
      body: VariableCreate,
      response: { 201: Variable, ...failures(401, 403) }
    }
  }, async ({ principal, body }, reply) => {
    const variable = await variables.create(principal.user.id, toNewVariable(body))
    return reply.code(201).header('location', `/api/v1/variables/${variable.id}`).send(presentVariable(variable))
  })

  app.get('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'variables:read' },
    schema: {
      operationId: 'listVariables',
      tags,
      summary: 'List your variables, ordered by name',
      description: '`validation_error` says why the value of a Credential cannot be read.',
      security: anyCredential,
      response: { 200: VariableList, ...failures(401, 403) }
    }
  }, async ({ principal }) => (await variables.list(principal.user.id)).map(presentVariable))

  app.patch('/:variable_id', {
    config: { requires: 'variables:write' },
    schema: {
      operationId: 'updateVariable',
      tags,
      summary: 'Change a variable',
      description: '`null` and an empty value leave a field unchanged. ' +
        'A Credential becomes Generic only with a new value.',
      security: anyCredential,
      params: VariableParams,
      body: VariableUpdate,
      response: { 200: Variable, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params, body }) =>
    presentVariable(await variables.update(principal.user.id, params.variable_id, toVariableChanges(body))))

  app.delete('/:variable_id', {
    config: { requires: 'variables:write' },
    schema: {
      operationId: 'deleteVariable',
      tags,
      summary: 'Delete a variable',
      security: anyCredential,
      params: VariableParams,
      response: { 204: Empty, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params }, reply) => {
    await variables.remove(principal.user.id, params.variable_id)
    return reply.code(204).send(null)
  })

  app.get('/:variable_id/value', {
    config: { requires: 'variables:reveal' },
    schema: {
      operationId: 'readVariableValue',
      tags,
      summary: 'Read the value of a variable',
      description: 'Requires LANGFLOW_ENABLE_SECRET_READ and a credential in a header. Every read is logged.',
      security: explicitCredential,
      params: VariableParams,
      response: { 200: VariableValue, ...failures(401, 403, 404, 409) }
    }
  }, async ({ caller, params }) => variables.readValue(caller, params.variable_id))
}
