import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { BodyTooLarge } from '../../errors.ts'
import { codeOf } from '../../system/errors.ts'
import { inMebibytes, tooLarge } from '../../services/content/flow-content.ts'

declare module 'fastify' {
  interface FastifyInstance {
    bounds: {
      /** The maximum body size of a request with one flow: its content and the other members. */
      flowBytesMax: number
      /** The maximum body size of a request with several flows. */
      uploadBytesMax: number
    }
    /** Adds the size limit of a flow or an upload to the failure for a body that is too large. */
    explainBounds: (kind: 'flow' | 'upload') => void
  }
}

/** The size of the members of a flow besides its content. */
const AROUND_BYTES = 1024 * 1024

const tooLargeCodes = new Set(['FST_ERR_CTP_BODY_TOO_LARGE', 'FST_REQ_FILE_TOO_LARGE'])

const isTooLarge = (error: unknown) => tooLargeCodes.has(codeOf(error))

/** `app.bounds`: the size limits of routes that accept flows. */
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
    // The error handler of the application sends what is thrown here.
    this.setErrorHandler(error => { throw isTooLarge(error) ? failure() : error })
  })
}, { name: 'bounds', dependencies: ['config', 'errors'] })
