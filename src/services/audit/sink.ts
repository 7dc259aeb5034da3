import type { Db, Transaction } from '../../db.ts'
import type { Failure } from '../../errors.ts'
import { type EventFacts, isRefusal, type SecurityEvent } from './events.ts'

/** Facts of an event by name: ids and counts, never a secret and never a name that was typed. */
export type Facts = Readonly<Record<string, unknown>>

/** What caused an event: the actor and its credential, the address, the request. */
export type EventSource = Readonly<{
  actor: Readonly<{
    user: Readonly<{ id: string }>
    credential: Readonly<{ kind: 'session' | 'api_key' | 'auto_login' | 'operator', id?: string }>
  }> | undefined
  address?: string | undefined
  requestId?: string | undefined
}>

/** Writes one event to the log. */
export type WriteEvent = (level: 'info' | 'warn', line: Facts & { event: SecurityEvent }) => void

type Line = Parameters<WriteEvent>

/** The members of a log line that name the source (docs/events.md). */
function describeSource ({ actor, address, requestId }: EventSource): Facts {
  const request = { ...(requestId && { request_id: requestId }), ...(address && { address }) }
  if (!actor) return request
  const { user, credential } = actor
  if (credential.kind === 'operator') return { ...request, via: 'command' }
  const key = credential.kind === 'api_key' ? { api_key: credential.id } : {}
  return { ...request, user: user.id, via: credential.kind, ...key }
}

/**
 * The one place that security events pass. An event of a transaction is written after the commit, and not at all if
 * the transaction fails.
 */
export function createEventSink ({ db, write }: { db: Pick<Db, '$transaction'>, write: WriteEvent }) {
  const uncommitted = new WeakMap<Transaction, Line[]>()

  function record (tx: Transaction | undefined, source: EventSource, event: SecurityEvent, facts: Facts = {}): void {
    const line: Line = [isRefusal(event) ? 'warn' : 'info', { event, ...describeSource(source), ...facts }]
    if (tx === undefined) {
      write(...line)
      return
    }
    const lines = uncommitted.get(tx)
    if (!lines) throw new Error(`the transaction of ${event} was not begun by the event sink`)
    lines.push(line)
  }

  return {
    /** Runs a transaction whose events `record` may receive. */
    async transaction<T> (work: (tx: Transaction) => Promise<T>): Promise<T> {
      let lines: Line[] = []
      const result = await db.$transaction(tx => {
        lines = []
        uncommitted.set(tx, lines)
        return work(tx)
      })
      for (const line of lines) write(...line)
      return result
    },

    /**
     * Records an event.
     * @param tx the transaction of the change, begun by `transaction`; undefined if the change is committed already, or
     * if nothing was changed
     */
    record,

    /** Records the events that a failure carries. Failures that are sent to clients are recorded by plugins/audit. */
    recordRefusal (source: EventSource, { events }: Failure): void {
      for (const { event, ...facts } of events as readonly EventFacts[]) { // services alone add them
        record(undefined, source, event, facts)
      }
    }
  }
}

export type EventSink = ReturnType<typeof createEventSink>
