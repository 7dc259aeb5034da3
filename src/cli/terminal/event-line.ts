import type { SecurityEvent } from '../../services/audit/events.ts'

/** A security event of a command, on standard error, in the shape of the server's log (docs/events.md). */
export function logEvent (event: SecurityEvent, facts: Record<string, unknown>): void {
  console.error(JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, event, via: 'command', ...facts }))
}
