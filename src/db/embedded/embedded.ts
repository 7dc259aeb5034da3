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

/** The embedded database, and the lock that keeps other processes out of its folder. */
export type Embedded = {
  pglite: PGlite
  /** When it is open. Rejects with a SetupError when the folder is damaged. */
  ready: Promise<void>
  close: () => Promise<void>
}

/**
 * Begins to open (at first: to make) the embedded database. PostgreSQL in WebAssembly has no lock of its own, and two
 * processes that open one folder destroy it. When another process takes the lock all the same (this one was paused, or
 * its claim was deleted), this process exits with 1 at once: it closes and writes nothing.
 * @param configDir its parent folder; made with mode 0700
 * @throws SetupError when another process has it open, or the folder cannot be written
 */
export async function openEmbedded (configDir: string, timings?: LockTimings): Promise<Embedded> {
  const folder = join(configDir, 'database')
  prepareFolder(configDir)
  prepareFolder(folder)
  const lock = await takeDatabaseLock(folder, timings)
  // A process that is told to end before it serves does not close the database, and must not leave its lock.
  process.once('exit', lock.release)
  const release = () => {
    process.off('exit', lock.release)
    lock.release()
  }
  const pglite = new PGlite(folder)
  // Every statement goes through here (PGlite's own too), and nothing else writes.
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

/** The file system's errors as WebAssembly numbers them (WASI preview 1, errno). */
const fileErrors: Readonly<Record<number, string>> = {
  2: 'EACCES', 19: 'EDQUOT', 51: 'ENOSPC', 63: 'EPERM', 69: 'EROFS'
}

/** PGlite throws objects that are no errors. */
function fileError (cause: unknown): Error | undefined {
  const errno = typeof cause === 'object' && cause !== null && 'errno' in cause ? Number(cause.errno) : 0
  const code = fileErrors[errno]
  if (!code) return undefined
  return Object.assign(new Error(`the file system answered ${code}`, { cause }), { code })
}

function cannotOpen (folder: string, cause: unknown): SetupError {
  const known = fileError(cause)
  if (known) return unusable(folder, 'cannot be written', known)
  return new SetupError([{
    subject: folder,
    problem: `the embedded database does not open: ${reasonOf(cause)}`,
    remedy: 'Restore the folder from a backup, or name another one in LANGFLOW_CONFIG_DIR.'
  }], { exitCode: 1, cause })
}

/** Wraps a running PGlite, whose one session gets Flowgate's settings. */
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
    deadline: () => 'infinity', // in process: nothing is ever given up
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
