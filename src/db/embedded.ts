import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { lock } from 'proper-lockfile'
import { SetupError } from '../errors.ts'
import { createClient } from './client.ts'
import type { Database } from './database.ts'
import { createDatabaseClock } from './database-clock.ts'
import { withWholeScripts } from './migration-adapter.ts'
import { setSessionSettings } from './session-settings.ts'
import type { RunStatement } from './statements.ts'

/** The embedded database, and the lock that keeps other processes out of its folder. */
export type Embedded = {
  pglite: PGlite
  /** When it is open. Rejects with a SetupError when the folder is damaged. */
  ready: Promise<void>
  close: () => Promise<void>
}

/**
 * Begins to open (at first: to make) the embedded database.
 * @param configDir its parent folder; made with mode 0700
 * @throws SetupError when another process has it open, or the folder cannot be written
 */
export async function openEmbedded (configDir: string): Promise<Embedded> {
  const folder = join(configDir, 'database')
  prepareFolder(folder, configDir)
  const release = await acquire(folder)
  const pglite = new PGlite(folder)
  return {
    pglite,
    ready: pglite.waitReady.catch(async cause => {
      await release()
      throw damaged(folder, cause)
    }),
    close: async () => {
      await pglite.close()
      await release()
    }
  }
}

function damaged (folder: string, cause: unknown): SetupError {
  return new SetupError([{
    subject: folder,
    problem: 'the embedded database does not open',
    remedy: 'Restore the folder from a backup, or name another one in LANGFLOW_CONFIG_DIR.'
  }], { exitCode: 1, cause })
}

function prepareFolder (folder: string, configDir: string) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(configDir, 0o700)
  } catch (cause) {
    throw new SetupError([{
      subject: 'LANGFLOW_CONFIG_DIR',
      problem: `the folder ${configDir} cannot be made or written`,
      remedy: 'Give it to the account Flowgate runs as, or name another folder.'
    }], { cause })
  }
}

/**
 * PostgreSQL in WebAssembly has no lock of its own, and two processes on one folder destroy it. The lock is a folder
 * whose time is renewed; a holder that died on this machine is recognised at once, one elsewhere after a minute.
 */
async function acquire (folder: string): Promise<() => Promise<void>> {
  const lockfilePath = `${folder}.lock`
  const holderPath = `${folder}.pid`
  const take = () => lock(folder, {
    lockfilePath,
    stale: 60_000,
    update: 10_000,
    // A renewal that came late does not mean that somebody else has the folder.
    onCompromised: () => {}
  })
  const release = await take().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error
    if (isHeldByAnother(holderPath)) throw inUse(folder, holderPath)
    rmSync(lockfilePath, { recursive: true, force: true })
    return take().catch(() => { throw inUse(folder, holderPath) })
  })
  writeFileSync(holderPath, `${process.pid} ${hostname()}\n`, { mode: 0o600 })
  return release
}

function isHeldByAnother (holderPath: string): boolean {
  try {
    const [pid, host] = readFileSync(holderPath, 'utf8').trim().split(' ')
    if (host !== hostname()) return true
    // Our own number means a restarted container: the holder was our predecessor.
    if (Number(pid) === process.pid) return false
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code !== 'ESRCH'
  }
}

function inUse (folder: string, holderPath: string): SetupError {
  return new SetupError([{
    subject: folder,
    problem: 'another process has the embedded database open',
    remedy: `Stop it (its number and machine stand in ${holderPath}), ` +
      'or give each process its own LANGFLOW_CONFIG_DIR; several replicas need LANGFLOW_DATABASE_URL.'
  }], { exitCode: 1 })
}

/** Wraps a running PGlite. Its one session gets Flowgate's settings before the first statement. */
export function fromPGlite (
  pglite: PGlite, label: string, close: () => Promise<void>, onError: (error: unknown) => void = () => {}
): Database {
  const client = createClient(new PrismaPGlite(pglite))
  // PGlite runs what it is given in order: whatever is asked next already has these settings.
  pglite.exec(setSessionSettings).catch(onError)
  const run: RunStatement = async <Row>({ text }: { text: string }, values: readonly unknown[]) =>
    (await pglite.query<Row>(text, [...values])).rows
  return {
    client,
    run,
    clock: createDatabaseClock(run, onError),
    deadline: () => 'infinity', // in process: nothing is ever given up
    kind: 'embedded',
    label,
    openMigrationAdapter: ({ prepare, onError }) => ({
      adapter: withWholeScripts(new PrismaPGlite(pglite), script => pglite.exec(prepare(script)), onError),
      close: async () => {}
    }),
    close: async () => {
      await client.$disconnect()
      await close()
    }
  }
}
