import type { WriteEvent } from '../../services/audit/sink.ts'

const levels = { info: 30, warn: 40 } as const

/** Writes a security event of a command to standard error, in the format of the server's log (docs/events.md). */
export const writeEventLine: WriteEvent = (level, line) => {
  console.error(JSON.stringify({ level: levels[level], time: Date.now(), pid: process.pid, ...line }))
}
