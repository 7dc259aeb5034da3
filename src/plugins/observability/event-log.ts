import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config.ts'

/** Levels at which lines of `info` are written anyway, and the one at which nothing is: no child is needed. */
const asItIs = new Set<Config['logLevel']>(['trace', 'debug', 'info', 'silent'])

/**
 * The logger of security events: they are written at every LANGFLOW_LOG_LEVEL but `silent`.
 * @param log the logger of the app or of a request; what it adds to each line stays
 */
export const eventLog = (log: FastifyBaseLogger, { logLevel }: Pick<Config, 'logLevel'>): FastifyBaseLogger =>
  asItIs.has(logLevel) ? log : log.child({}, { level: 'info' })
