import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config.ts'

/** Levels at which no child logger is needed: lines of level `info` are written anyway, or nothing is written. */
const asItIs = new Set<Config['logLevel']>(['trace', 'debug', 'info', 'silent'])

/**
 * The logger of security events, which are written at every LANGFLOW_LOG_LEVEL except `silent`.
 * @param log the logger of the app or of a request; its bindings remain
 */
export const eventLog = (log: FastifyBaseLogger, { logLevel }: Pick<Config, 'logLevel'>): FastifyBaseLogger =>
  asItIs.has(logLevel) ? log : log.child({}, { level: 'info' })
