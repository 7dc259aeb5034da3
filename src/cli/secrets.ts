import type { SecretStatus } from '../services/rotation.ts'
import { logEvent } from './event-line.ts'
import { startProgress } from './progress.ts'
import { exitCodes, type Invocation, UsageError, type Verb } from './run-verb.ts'
import type { SecretTools } from './secret-tools.ts'
import { envFileFlag } from './settings-source.ts'
import { formatTable } from './table.ts'

type Action = (tools: SecretTools, invocation: Invocation) => Promise<number>

const json = (value: unknown) => console.log(JSON.stringify(value, undefined, 2))
const counted = (count: number) => count === 1 ? '1 secret' : `${count} secrets`

/** One sentence for each key that is not the current one: whether it may go, or what is to be done. */
function advice ({ keys, columns }: SecretStatus): string[] {
  const shapeless = columns.filter(({ keyId }) => keyId === undefined)
  return [
    ...keys.filter(({ role }) => role !== 'current').flatMap(({ keyId, role, rows }) => {
      if (role === 'previous' && rows > 0) return [`The key ${keyId} is needed by ${counted(rows)}: run flowgate secrets rotate.`]
      if (role === 'previous') return [`No secret needs the key ${keyId}: it may go from LANGFLOW_SECRET_KEY_PREVIOUS.`]
      return rows > 0 ? [`The key ${keyId} is needed by ${counted(rows)}: put it in LANGFLOW_SECRET_KEY_PREVIOUS.`] : []
    }),
    ...shapeless.map(({ column, rows }) => `Damaged beyond telling the key: ${counted(rows)} in ${column}.`)
  ]
}

const isWhole = ({ keys, columns }: SecretStatus) =>
  keys.every(({ role, rows }) => role !== 'not given' || rows === 0) && columns.every(({ keyId }) => keyId)

const status: Action = async ({ rotation, databaseLabel }, { flags }) => {
  const found = await rotation.status()
  const code = isWhole(found) ? exitCodes.fine : exitCodes.failed
  if (flags['json']) {
    json({ database: databaseLabel, ...found })
    return code
  }
  const roleOf = new Map(found.keys.map(({ keyId, role }) => [keyId, role]))
  console.log(formatTable(['key', 'role', 'retired', 'secrets'], found.keys.map(({ keyId, role, retiredAt, rows }) =>
    [keyId, role, retiredAt?.toISOString() ?? '', rows])))
  console.log(found.columns.length === 0
    ? 'No secret is stored yet.'
    : formatTable(['column', 'key', 'role', 'secrets'], found.columns.map(({ column, keyId, rows }) =>
      [column, keyId ?? 'damaged', roleOf.get(keyId ?? '') ?? '', rows])))
  for (const sentence of advice(found)) console.log(sentence)
  return code
}

const rotate: Action = async ({ rotation, keyring }, { flags }) => {
  await keyring.check({ allowMissing: true })
  const started = Date.now()
  const progress = startProgress(await rotation.pending(), 'secrets')
  const result = await rotation.rotate(progress.advance).finally(progress.stop)
  const seconds = (Date.now() - started) / 1000
  const { rotated, failed, remaining, retired } = result
  logEvent('keys_rotated', { rotated, failed: failed.length, remaining, retired })
  if (flags['json']) {
    json({ ...result, seconds })
  } else {
    console.log(`${counted(rotated)} moved in ${seconds.toFixed(1)} s (${Math.round(rotated / seconds)}/s).`)
    for (const { column, id, reason } of failed) console.log(`Not moved: ${column} of ${id}, ${reason}.`)
    for (const keyId of retired) console.log(`No secret needs the key ${keyId} any more: it is retired.`)
    console.log(remaining === 0
      ? 'Every secret is under the current key.'
      : `Not under the current key: ${counted(remaining)}; see flowgate secrets status.`)
  }
  return remaining === 0 ? exitCodes.fine : exitCodes.failed
}

const forget: Action = async ({ keyring }, { flags, words: [, keyId] }) => {
  if (keyId === undefined) throw new UsageError('say which key: flowgate secrets forget KEY_ID')
  const givenUp = await keyring.forget(keyId, { isLost: flags['lost'] === true })
  if (flags['json']) json({ forgotten: keyId, givenUp })
  else console.log(`The key ${keyId} is forgotten${givenUp > 0 ? `, and ${counted(givenUp)} with it` : ''}.`)
  return exitCodes.fine
}

const actions = new Map<string | undefined, Action>([['status', status], ['rotate', rotate], ['forget', forget]])

/** `flowgate secrets`: which key each stored secret is sealed with, and moving them to the current one. */
export const secrets: Verb = {
  summary: 'count stored secrets by key, move them to the current key',
  usage: 'secrets status|rotate|forget KEY_ID [--env-file FILE] [--json] [--lost]\n\n' +
    'To change LANGFLOW_SECRET_KEY: set the new key, put the old one in LANGFLOW_SECRET_KEY_PREVIOUS, restart every\n' +
    'replica with both, run `flowgate secrets rotate`, and take the old key away when `secrets status` says so.\n' +
    'A rotation may be stopped and started again at any time, while the replicas serve.\n\n' +
    'status exits 1 when secrets need a key that is not given, rotate when some could not be moved.',
  flags: [
    envFileFlag,
    { name: 'json', help: 'the result for programs' },
    { name: 'lost', help: 'with forget: give up the secrets that only this key opens' }
  ],
  run: async invocation => {
    const action = actions.get(invocation.words[0])
    if (!action) throw new UsageError('say what to do: status, rotate or forget')
    const { withSecretTools } = await import('./secret-tools.ts')
    return withSecretTools(invocation, tools => action(tools, invocation))
  }
}
