import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { anyCredential, Empty, failures } from '../../schemas/common.ts'
import { projectPageText, projectText } from '../../presenters/content/project-streams.ts'
import { presentProject, toProjectChanges, toProjectFilter, toProjectInput } from '../../presenters/content/projects.ts'
import {
  Project, ProjectCreate, ProjectParams, ProjectQuery, Projects, ProjectUpdate, ProjectWithFlows
} from '../../schemas/content/projects.ts'

const tags = ['projects']

/** Projects: folders of flows. Only the owner can access one. */
export const projectRoutes: FastifyPluginAsyncTypebox = async app => {
  const { projects, flowLists } = app.services

  app.get('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'listProjects',
      tags,
      summary: 'List your projects, the oldest first',
      security: anyCredential,
      response: { 200: Projects, ...failures(401, 403) }
    }
  }, async ({ principal }) => (await projects.list(principal.user.id)).map(presentProject))

  app.post('/', {
    prefixTrailingSlash: 'slash',
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'createProject',
      tags,
      summary: 'Create a project and move flows into it',
      description: 'A number is appended to a name that exists. IDs of other accounts\' flows are ignored.',
      security: anyCredential,
      body: ProjectCreate,
      response: { 201: Project, ...failures(401, 403) }
    }
  }, async ({ principal, body }, reply) => {
    const project = await projects.create(principal.user.id, toProjectInput(body))
    return reply.code(201).header('location', `/api/v1/projects/${project.id}`).send(presentProject(project))
  })

  app.get('/:project_id', {
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'readProject',
      tags,
      summary: 'Read a project with its flows',
      description: 'With `page` or `size`: one page of its flows, the flow edited last first.',
      security: anyCredential,
      params: ProjectParams,
      querystring: ProjectQuery,
      response: { 200: ProjectWithFlows, ...failures(401, 403, 404) }
    }
  }, async ({ principal: { user }, params, query }, reply) => {
    const project = await projects.byId(user.id, params.project_id)
    const { page, size } = query
    if (page === undefined && size === undefined) {
      return reply.sendJson(projectText(
        project, flowLists.all(user.id, { projectId: project.id }, { withData: true })))
    }
    const flows = await flowLists.page(
      user.id, toProjectFilter(project.id, query), { page: page ?? 1, size: size ?? 50 }, { withData: true })
    return reply.linkNext(flows).sendJson(projectPageText(project, flows))
  })

  app.patch('/:project_id', {
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'updateProject',
      tags,
      summary: 'Change a project and move flows into it',
      description: '`null` leaves a field unchanged. Flows that are not listed are not moved.',
      security: anyCredential,
      params: ProjectParams,
      body: ProjectUpdate,
      response: { 200: Project, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params, body }) =>
    presentProject(await projects.update(principal.user.id, params.project_id, toProjectChanges(body))))

  app.delete('/:project_id', {
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'deleteProject',
      tags,
      summary: 'Delete a project and its flows',
      description: 'If it was the last project, an empty "Starter Project" is created.',
      security: anyCredential,
      params: ProjectParams,
      response: { 204: Empty, ...failures(401, 403, 404) }
    }
  }, async ({ principal, params }, reply) => {
    await projects.remove(principal.user.id, params.project_id)
    return reply.code(204).send(null)
  })
}

/** Redirects the former /folders/ routes to /projects/ with the same path and query. */
export const folderRoutes: FastifyPluginAsyncTypebox = async app => {
  /** The part after the prefix. A request may contain the whole URL (RFC 9112, 3.2.2). */
  const restOf = (url: string) => url.includes(app.prefix) ? url.slice(url.indexOf(app.prefix) + app.prefix.length) : ''

  for (const url of ['/', '/*']) {
    app.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      schema: { hide: true },
      // Runs before the body is read: the client sends it again to the new location (RFC 9110, 15.4.8).
      config: { requires: 'nothing' },
      onRequest: async (request, reply) => {
        const target = `/api/v1/projects${restOf(request.url) || '/'}`
        // Clients resolve `..` in a redirect: it would lead to another address of the host.
        const isProject = /^\/api\/v1\/projects(\/|$)/.test(new URL(target, 'http://localhost').pathname)
        return isProject ? reply.redirect(target, 307) : reply.callNotFound()
      },
      handler: async () => null
    })
  }
}
