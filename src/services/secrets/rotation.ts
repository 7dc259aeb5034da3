import { setTimeout as sleep } from 'node:timers/promises'
import { type SecretBox, SecretUnreadable } from '../../crypto/secret-box.ts'
import type { Db } from '../../db.ts'
import { operator } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Keyring } from './keyring.ts'
import { type SecretColumn, secretColumns, secretContext } from './secret-columns.ts'
import { countSealedWith, countSecrets, lockBatch, type SecretRow, storeBatch } from './secret-rows.ts'

/** The rows of one transaction. Concurrent writers of one of them wait some tens of milliseconds. */
const BATCH_ROWS = 100
/** How often rows that were locked by other writers are tried again. */
const WALKS = 10
const PAUSE_MS = 200
const FIRST_ID = '00000000-0000-0000-0000-000000000000'

export type KeyRole = 'current' | 'previous' | 'not given'

/** A key, and the number of secrets encrypted with it. */
export type KeyStatus = { keyId: string, role: KeyRole, retiredAt: Date | undefined, rows: number }

/** The stored secrets by column and key. Without a key id they are damaged. */
export type SecretStatus = {
  keys: KeyStatus[], columns: Array<{ column: string, keyId: string | undefined, rows: number }>
}

/** A secret that could not be re-encrypted. */
export type FailedRow = { column: string, id: string, reason: SecretUnreadable['reason'] }

export type RotationResult = {
  /** Re-encrypted by this run. */
  rotated: number
  /** Damaged secrets. They are unchanged. */
  failed: FailedRow[]
  /** Not encrypted with the current key, for whatever reason. */
  remaining: number
  retired: string[]
}

const rowsIn = (counts: ReadonlyArray<{ rows: number }>) => counts.reduce((total, { rows }) => total + rows, 0)
const nameOf = ({ table, column }: SecretColumn) => `${table}.${column}`

type Dependencies = { db: Db, events: EventSink, box: SecretBox, keyring: Keyring }

/** Re-encrypts stored secrets with the current key while the server reads and writes them. */
export function createRotation ({ db, events, box, keyring }: Dependencies) {
  const previous = box.keyIds.filter(keyId => keyId !== box.keyId)

  function reseal (
    column: SecretColumn, { id, ownerId, stored }: SecretRow
  ): Pick<SecretRow, 'id' | 'stored'> | FailedRow {
    try {
      return { id, stored: box.rotate(stored, secretContext(column, id, ownerId)) }
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error
      return { id, column: nameOf(column), reason: error.reason }
    }
  }

  /** Runs in a transaction, so that completed batches persist if a later one fails. */
  async function rotateBatch (column: SecretColumn, keyId: string, afterId: string) {
    return db.$transaction(async tx => {
      const rows = await lockBatch(tx, column, keyId, afterId, BATCH_ROWS)
      const resealed = rows.map(row => reseal(column, row))
      const good = resealed.filter(row => 'stored' in row)
      await storeBatch(tx, column, good)
      return { lastId: rows.at(-1)?.id, moved: good.length, failed: resealed.filter(row => 'reason' in row) }
    })
  }

  async function walk (failed: Map<string, FailedRow>, onMoved: (rows: number) => void) {
    for (const column of Object.values(secretColumns)) {
      for (const keyId of previous) {
        let afterId: string | undefined = FIRST_ID
        while (afterId !== undefined) {
          const batch = await rotateBatch(column, keyId, afterId)
          for (const row of batch.failed) failed.set(`${row.column}:${row.id}`, row)
          onMoved(batch.moved)
          afterId = batch.lastId
        }
      }
    }
  }

  const pending = async () => [...(await countSealedWith(db, previous)).values()]
    .reduce((total, rows) => total + rows, 0)

  const roleOf = (keyId: string): KeyRole =>
    keyId === box.keyId ? 'current' : previous.includes(keyId) ? 'previous' : 'not given'

  async function status (): Promise<SecretStatus> {
    const [counts, registered] = [await countSecrets(db), await keyring.registered()]
    const seen = [box.keyId, ...previous, ...registered.map(key => key.keyId), ...counts.map(count => count.keyId)]
    return {
      keys: [...new Set(seen)].filter(keyId => keyId !== undefined).map(keyId => ({
        keyId,
        role: roleOf(keyId),
        retiredAt: registered.find(key => key.keyId === keyId)?.retiredAt ?? undefined,
        rows: rowsIn(counts.filter(count => count.keyId === keyId))
      })),
      columns: counts.map(({ column, keyId, rows }) => ({ column: nameOf(column), keyId, rows }))
    }
  }

  return {
    /** Counts the stored secrets by column and key, with the role of each key. */
    status,

    /** The number of secrets that a rotation would re-encrypt. */
    pending,

    /**
     * Re-encrypts all secrets of older keys in batches. A run that was killed can be repeated, and two concurrent runs
     * share the work. Then retires the keys that are no longer needed.
     */
    async rotate (onMoved: (rows: number) => void = () => {}): Promise<RotationResult> {
      const failed = new Map<string, FailedRow>()
      let rotated = 0
      for (let count = 1; count <= WALKS; count++) {
        await walk(failed, rows => { rotated += rows; onMoved(rows) })
        if (await pending() <= failed.size) break
        await sleep(PAUSE_MS)
      }
      const retired = await keyring.retireUnneeded()
      const { columns } = await status()
      const remaining = rowsIn(columns.filter(({ keyId }) => keyId !== box.keyId))
      events.record(undefined, operator, 'keys_rotated', { rotated, failed: failed.size, remaining, retired })
      return { rotated, failed: [...failed.values()], remaining, retired }
    }
  }
}

export type Rotation = ReturnType<typeof createRotation>
