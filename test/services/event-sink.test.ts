import t from 'tap'
import { createEventSink } from '../../src/services/audit/sink.ts'
import { buildApp } from '../helpers/app.ts'

const source = { actor: undefined, address: '192.0.2.1', requestId: 'r-1' }

async function openSink (t: Parameters<typeof buildApp>[0]) {
  const { app } = await buildApp(t)
  const { client: db } = app.database
  const lines: object[] = []
  const events = createEventSink({ db, write: (level, line) => lines.push({ level, ...line }) })
  return { db, events, lines }
}

t.test('events of a transaction are written after the commit, in order', async t => {
  const { events, lines } = await openSink(t)
  await events.transaction(async tx => {
    events.record(tx, source, 'activated', { subject: 'a' })
    events.record(tx, source, 'role_changed', { subject: 'a' })
    t.strictSame(lines, [], 'no event is written before the commit')
  })
  const common = { level: 'info', address: '192.0.2.1', request_id: 'r-1', subject: 'a' }
  t.match(lines, [{ ...common, event: 'activated' }, { ...common, event: 'role_changed' }])
})

t.test('events of a transaction that fails are not written', async t => {
  const { events, lines } = await openSink(t)
  await t.rejects(events.transaction(async tx => {
    events.record(tx, source, 'user_deleted')
    await tx.$executeRaw`SELECT 1 / 0`
  }))
  t.strictSame(lines, [])
})

t.test('an event needs a transaction of the sink', async t => {
  const { db, events, lines } = await openSink(t)
  await t.rejects(db.$transaction(async tx => events.record(tx, source, 'user_deleted')), /not begun by the event sink/)
  t.strictSame(lines, [])
})

t.test('a source is described by its actor and credential', async t => {
  const { events, lines } = await openSink(t)
  const user = { id: 'u' }
  events.record(undefined, { ...source, actor: { user, credential: { kind: 'api_key', id: 'k' } } }, 'secret_read')
  events.record(undefined, { ...source, actor: { user, credential: { kind: 'session', id: 's' } } }, 'secret_read')
  events.record(undefined, { actor: { user, credential: { kind: 'operator' } } }, 'unlocked')
  events.record(undefined, source, 'sign_in_failed')
  const request = { request_id: 'r-1', address: '192.0.2.1' }
  t.strictSame(lines, [
    { level: 'info', event: 'secret_read', ...request, user: 'u', via: 'api_key', api_key: 'k' },
    { level: 'info', event: 'secret_read', ...request, user: 'u', via: 'session' },
    { level: 'info', event: 'unlocked', via: 'command' },
    { level: 'warn', event: 'sign_in_failed', ...request }
  ])
})
