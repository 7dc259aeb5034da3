import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config.ts'

/**
 * The logger of security events: they are written at every LANGFLOW_LOG_LEVEL but `silent`.
 * @param log the logger of the app or of a request; what it adds to each line stays
 */
export const eventLog = (log: FastifyBaseLogger, { logLevel }: Pick<Config, 'logLevel'>): FastifyBaseLogger =>
  logLevel === 'silent' ? log : log.child({}, { level: 'info' })
