import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { prepareFolder, unusable } from '../../system/config-folder.ts'
import { SetupError } from '../../errors.ts'
import { createClient } from '../client.ts'
import type { Database } from '../database.ts'
import { createDatabaseClock } from '../database-clock.ts'
import { reasonOf } from '../../system/errors.ts'
import { takeDatabaseLock } from './database-lock.ts'
import type { LockTimings } from './lock.ts'
import { withWholeScripts } from '../migration-adapter.ts'
import { readFacts } from '../facts.ts'
import { ownSettings, setScript, trackedSettings } from '../session-settings.ts'
import type { RunStatement } from '../statements.ts'
import { requireUsable } from '../usable.ts'

/** The embedded database, and the lock that prevents other processes from opening its folder. */
export type Embedded = {
  pglite: PGlite
  /** Resolves when the database is open. Rejects with a SetupError if the folder is damaged. */
  ready: Promise<void>
  close: () => Promise<void>
}

/**
 * Starts to open the embedded database, and creates it first if necessary. PostgreSQL in WebAssembly has no lock: two
 * processes that open the same folder destroy the data. If another process takes the lock nevertheless (this process
 * was paused, or its claim was deleted), this process exits with 1 immediately, without closing the database or writing
 * to it.
 * @param configDir its parent folder; created with mode 0700
 * @throws SetupError if another process has the database open, or the folder cannot be written
 */
export async function openEmbedded (configDir: string, timings?: LockTimings): Promise<Embedded> {
  const folder = join(configDir, 'database')
  prepareFolder(configDir)
  prepareFolder(folder)
  const lock = await takeDatabaseLock(folder, timings)
  // A process that ends before it serves does not close the database, but must release its lock.
  process.once('exit', lock.release)
  const release = () => {
    process.off('exit', lock.release)
    lock.release()
  }
  const pglite = new PGlite(folder)
  // All statements, including PGlite's internal ones, use this function. Nothing else writes to the folder.
  const run = pglite.execProtocolRawSync.bind(pglite)
  pglite.execProtocolRawSync = message => {
    lock.check()
    return run(message)
  }
  return {
    pglite,
    ready: pglite.waitReady.catch(cause => {
      release()
      throw cannotOpen(folder, cause)
    }),
    close: async () => {
      await pglite.close()
      release()
    }
  }
}

/** Error numbers of the file system in WebAssembly (WASI preview 1, errno). */
const fileErrors: Readonly<Record<number, string>> = {
  2: 'EACCES', 19: 'EDQUOT', 51: 'ENOSPC', 63: 'EPERM', 69: 'EROFS'
}

/** PGlite throws objects that are not instances of Error. */
function fileError (cause: unknown): Error | undefined {
  const errno = typeof cause === 'object' && cause !== null && 'errno' in cause ? Number(cause.errno) : 0
  const code = fileErrors[errno]
  if (!code) return undefined
  return Object.assign(new Error(`the file system reported ${code}`, { cause }), { code })
}

function cannotOpen (folder: string, cause: unknown): SetupError {
  const known = fileError(cause)
  if (known) return unusable(folder, 'cannot be written', known)
  return new SetupError([{
    subject: folder,
    problem: `the embedded database cannot be opened: ${reasonOf(cause)}`,
    remedy: 'Restore the folder from a backup, or set LANGFLOW_CONFIG_DIR to another folder.'
  }], { exitCode: 1, cause })
}

/** Wraps a running PGlite and applies Flowgate's settings to its only session. */
export async function fromPGlite (
  pglite: PGlite, label: string, close: () => Promise<void>, onError: (error: unknown) => void = () => {}
): Promise<Database> {
  const run: RunStatement = async <Row>({ text }: { text: string }, values: readonly unknown[]) =>
    (await pglite.query<Row>(text, [...values])).rows
  await pglite.exec(setScript({ ...trackedSettings, ...ownSettings }))
  const facts = await readFacts(run)
  requireUsable(facts)
  const client = createClient(new PrismaPGlite(pglite))
  return {
    client,
    run,
    facts,
    clock: createDatabaseClock(run, onError),
    deadline: () => 'infinity', // in process: a statement is never abandoned
    kind: 'embedded',
    label,
    openMigrationAdapter: ({ prepare, onError }) => ({
      adapter: withWholeScripts(new PrismaPGlite(pglite), script => pglite.exec(prepare(script)), onError),
      commit: async () => {},
      close: async () => {}
    }),
    close: async () => {
      await client.$disconnect()
      await close()
    }
  }
}
