import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static, TSchema } from '@sinclair/typebox'
import { anyCredential, failures } from '../../schemas/common.ts'
import { presentPermissions } from '../../presenters/server/front-end.ts'
import {
  ComponentTypes, Nothing, Permissions, PermissionsRequest, ProfilePictures, StoreComponents, StoreKeyState,
  StoreState
} from '../../schemas/server/front-end.ts'

const tags = ['front end']

type Answer<T extends TSchema> = { schema: T, answer: Static<T>, summary: string }

const of = <T extends TSchema>(schema: T, answer: Static<T>, summary: string): Answer<T> =>
  ({ schema, answer, summary })

/**
 * Requests of Langflow's web client about features that Flowgate does not have, by operation. The responses are empty.
 */
const open = {
  listBasicExamples: ['/flows/basic_examples/', of(Nothing, [], 'Example flows: none')],
  listStarterProjects: ['/starter-projects/', of(Nothing, [], 'Starter projects to copy: none')],
  listComponentTypes: ['/all', of(ComponentTypes, {}, 'Types of components: none, as no flow is run here')],
  readStoreState: ['/store/check/', of(StoreState, { enabled: false }, 'Whether there is a store: no')],
  readStoreKeyState: ['/store/check/api_key',
    of(StoreKeyState, { has_api_key: false, is_valid: false }, 'Whether the store knows a key: no')],
  listStoreTags: ['/store/tags', of(Nothing, [], 'Tags of the store: none')],
  listStoreComponents: ['/store/components/',
    of(StoreComponents, { count: 0, authorized: false, results: [] }, 'Components of the store: none')],
  listProfilePictures: ['/files/profile_pictures/list',
    of(ProfilePictures, { files: [] }, 'Pictures to choose from: none')]
} as const

/** The same for requests with credentials. */
const closed = {
  listMessages: ['/monitor/messages', of(Nothing, [], 'Messages of runs: none')],
  listBuilds: ['/monitor/builds', of(Nothing, [], 'Builds of flows: none')],
  listTransactions: ['/monitor/transactions', of(Nothing, [], 'Transactions of runs: none')]
} as const

/** Responses that let Langflow's web client start. */
export const frontEndRoutes: FastifyPluginAsyncTypebox = async app => {
  for (const [operationId, [url, { schema, answer, summary }]] of Object.entries(open)) {
    app.get(url, {
      config: { requires: 'nothing' },
      schema: { operationId, tags, summary, security: [], response: { 200: schema, ...failures() } }
    }, async () => answer)
  }

  for (const [operationId, [url, { schema, answer, summary }]] of Object.entries(closed)) {
    app.get(url, {
      config: { requires: 'account:read' },
      schema: { operationId, tags, summary, security: anyCredential, response: { 200: schema, ...failures(401, 403) } }
    }, async () => answer)
  }

  app.post('/authz/me/permissions', {
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'readPermissions',
      tags,
      summary: 'List your permissions for flows and projects',
      description: 'All actions for your own resources, none for others.',
      security: anyCredential,
      body: PermissionsRequest,
      response: { 200: Permissions, ...failures(401, 403) }
    }
  }, async ({ principal, body }) =>
    presentPermissions(body, await app.services.flowLists.ownIds(principal.user.id, body.resource_ids)))
}

/** The route with the prefix of another version. */
export const frontEndV2Routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/mcp/servers', {
    config: { requires: 'account:read' },
    schema: {
      operationId: 'listMcpServers',
      tags,
      summary: 'List MCP servers: always empty',
      security: anyCredential,
      response: { 200: Nothing, ...failures(401, 403) }
    }
  }, async () => [])
}
