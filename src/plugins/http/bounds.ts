import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { BodyTooLarge } from '../../errors.ts'
import { codeOf } from '../../system/errors.ts'
import { inMebibytes, tooLarge } from '../../services/content/flow-content.ts'

declare module 'fastify' {
  interface FastifyInstance {
    bounds: {
      /** Body of a request with one flow: the content, and room for what is around it. */
      flowBytesMax: number
      /** Body of a request with several. */
      uploadBytesMax: number
    }
    /** Makes this scope say how much a flow, or a request with several, may have when a body is too large. */
    explainBounds: (kind: 'flow' | 'upload') => void
  }
}

/** Names, descriptions and the like beside a flow's content. */
const AROUND_BYTES = 1024 * 1024

const tooLargeCodes = new Set(['FST_ERR_CTP_BODY_TOO_LARGE', 'FST_REQ_FILE_TOO_LARGE'])

const isTooLarge = (error: unknown) => tooLargeCodes.has(codeOf(error))

/** `app.bounds`: how much the routes take that take flows. */
export const boundsPlugin = fp(async app => {
  const { maxFlowSizeBytes, maxUploadSizeBytes } = app.config
  app.decorate('bounds', {
    flowBytesMax: maxFlowSizeBytes + AROUND_BYTES,
    uploadBytesMax: Math.max(maxUploadSizeBytes, maxFlowSizeBytes + AROUND_BYTES)
  })
  app.decorate('explainBounds', function (this: FastifyInstance, kind) {
    const failure = () => kind === 'flow'
      ? tooLarge(maxFlowSizeBytes)
      : new BodyTooLarge(`An upload may have ${inMebibytes(app.bounds.uploadBytesMax)} at most ` +
        '(LANGFLOW_MAX_UPLOAD_SIZE_BYTES)')
    // Thrown on, to the one handler that answers.
    this.setErrorHandler(error => { throw isTooLarge(error) ? failure() : error })
  })
}, { name: 'bounds', dependencies: ['config', 'errors'] })
