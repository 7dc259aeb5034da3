import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Message } from '../../schemas/sign-in/sign-in.ts'
import { anyCredential, failures } from '../../schemas/common.ts'
import { toFlowFilter } from '../../presenters/content/flow-lists.ts'
import { flowPageText, flowsText } from '../../presenters/content/flow-streams.ts'
import { FlowList, FlowListQuery } from '../../schemas/content/flow-lists.ts'
import { flowText, publicFlowText } from '../../presenters/content/flow-texts.ts'
import { toFlowChanges, toFlowInput } from '../../presenters/content/flows.ts'
import { Deleted, Flow, FlowCreate, FlowIds, FlowParams, FlowUpdate } from '../../schemas/content/flows.ts'

const tags = ['flows']

/** Flows and components. Only the owner can access one, unless it is public. */
export const flowRoutes: FastifyPluginAsyncTypebox = async app => {
  const { flows, flowLists } = app.services
  const bodyLimit = app.bounds.flowBytesMax
  app.explainBounds('flow')

  app.post('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'createFlow',
      tags,
      summary: 'Create a flow or component',
      description: 'A number is appended to a name or endpoint name that exists. ' +
        'An unknown project is replaced by the first one.',
      security: anyCredential,
      body: FlowCreate,
      response: { 201: Flow, ...failures(401, 403) }
    },
    bodyLimit
  }, async ({ principal, body, jsonText }, reply) => {
    const flow = await flows.create(principal.user.id, toFlowInput(body, jsonText))
    return reply.code(201).header('location', `/api/v1/flows/${flow.id}`).sendJson(flowText(flow))
  })

  app.get('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'listFlows',
      tags,
      summary: 'List your flows',
      description: 'Returns an array of all flows. With `get_all=false`: a `FlowPage`, the flow edited last first.',
      security: anyCredential,
      querystring: FlowListQuery,
      response: { 200: FlowList, ...failures(401, 403) }
    }
  }, async ({ principal, query }, reply) => {
    const [owner, filter, options] = [principal.user.id, toFlowFilter(query), { withData: !query.header_flows }]
    if (query.get_all) return reply.sendJson(flowsText(flowLists.all(owner, filter, options)))
    const page = await flowLists.page(owner, filter, query, options)
    return reply.linkNext(page).sendJson(flowPageText(page))
  })

  app.delete('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'deleteFlows',
      tags,
      summary: 'Delete several flows',
      description: 'IDs of other accounts\' flows are ignored and not counted.',
      security: anyCredential,
      body: FlowIds,
      response: { 200: Deleted, ...failures(401, 403) }
    }
  }, async ({ principal, body }) => ({ deleted: await flows.removeAll(principal.user.id, body) }))

  app.get('/public_flow/:flow_id', {
    config: { requires: 'nothing' },
    schema: {
      operationId: 'readPublicFlow',
      tags,
      summary: 'Read a public flow',
      description: 'The values of password fields and the account of the owner are removed.',
      security: [],
      params: FlowParams,
      response: { 200: Flow, ...failures(404) }
    }
  }, async ({ params }, reply) => reply.sendJson(publicFlowText(await flows.publicById(params.flow_id))))

  app.get('/:flow_id', {
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'readFlow',
      tags,
      summary: 'Read a flow',
      security: anyCredential,
      params: FlowParams,
      response: { 200: Flow, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params }, reply) =>
    reply.sendJson(flowText(await flows.byId(principal.user.id, params.flow_id))))

  app.patch('/:flow_id', {
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'updateFlow',
      tags,
      summary: 'Change a flow',
      description: '`null` leaves a field unchanged. An empty endpoint name removes it.',
      security: anyCredential,
      params: FlowParams,
      body: FlowUpdate,
      response: { 200: Flow, ...failures(401, 403, 404) }
    },
    bodyLimit
  }, async ({ principal, params, body, jsonText }, reply) => {
    const flow = await flows.update(principal.user.id, params.flow_id, toFlowChanges(body, jsonText))
    return reply.sendJson(flowText(flow))
  })

  app.delete('/:flow_id', {
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'deleteFlow',
      tags,
      summary: 'Delete a flow',
      security: anyCredential,
      params: FlowParams,
      response: { 200: Message, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params }) => {
    await flows.remove(principal.user.id, params.flow_id)
    return { message: 'Flow deleted successfully' }
  })
}
