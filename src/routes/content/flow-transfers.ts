import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { anyCredential, failures } from '../../schemas/common.ts'
import { toFiles } from '../../presenters/content/flow-streams.ts'
import { bodyOfFile, flowsOfBatch, flowsOfFile } from '../../presenters/content/flow-bodies.ts'
import { flowArrayText, flowText } from '../../presenters/content/flow-texts.ts'
import {
  Download, DownloadIds, FlowBatch, Flows, FlowUpload, FlowUploadForm, FlowUploadQuery
} from '../../schemas/content/flows.ts'

const tags = ['flows']

/** Many flows at once: batches, uploads and downloads. */
export const flowTransferRoutes: FastifyPluginAsyncTypebox = async app => {
  const { flows, flowLists } = app.services
  const bodyLimit = app.bounds.uploadBytesMax
  app.explainBounds('upload')

  app.post('/batch/', {
    config: { requires: 'flows:write' },
    schema: {
      operationId: 'createFlows',
      tags,
      summary: 'Create several flows',
      security: anyCredential,
      body: FlowBatch,
      response: { 201: Flows, ...failures(401, 403) }
    },
    bodyLimit
  }, async ({ principal, body, jsonText }, reply) => {
    const rows = await flows.createAll(principal.user.id, flowsOfBatch(body.flows, jsonText))
    return reply.code(201).sendJson(flowArrayText(rows))
  })

  app.post('/download/', {
    config: { requires: 'flows:read' },
    schema: {
      operationId: 'downloadFlows',
      tags,
      summary: 'Download flows: one as JSON, several as a ZIP archive',
      description: 'IDs of other accounts\' flows are ignored.',
      security: anyCredential,
      body: DownloadIds,
      response: { 200: Download, ...failures(401, 403, 404) }
    }
  }, async ({ principal, body }, reply) => {
    const [first, ...more] = await flowLists.sources(principal.user.id, body)
    return more.length === 0
      ? reply.sendJson(flowText(await flows.byId(principal.user.id, first.id)))
      : reply.sendZip('langflow_flows.zip', toFiles([first, ...more]))
  })

  app.register(async form => {
    form.takeJsonFilesOnly({ bytesMax: bodyLimit })
    form.withTypeProvider<TypeBoxTypeProvider>().post('/upload/', {
      config: {
        requires: 'flows:write',
        // Validation sees the file's content, the document describes what clients send: a form with the file.
        documentedBody: FlowUploadForm
      },
      schema: {
        operationId: 'uploadFlows',
        tags,
        summary: 'Create flows from a JSON file',
        consumes: ['multipart/form-data'],
        security: anyCredential,
        querystring: FlowUploadQuery,
        body: FlowUpload,
        response: { 201: Flows, ...failures(401, 403) }
      },
      preValidation: async request => {
        request.body = bodyOfFile(request.jsonFile) as typeof request.body // validation checks it next
      }
    }, async ({ principal, query, body, jsonFile }, reply) => {
      const inputs = flowsOfFile(body.file, jsonFile)
      const rows = await flows.upload(principal.user.id, inputs, query.folder_id?.toLowerCase())
      return reply.code(201).sendJson(flowArrayText(rows))
    })
  })
}
