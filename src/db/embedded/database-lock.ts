import { writeSync } from 'node:fs'
import { unusable } from '../../system/config-folder.ts'
import { SetupError } from '../../errors.ts'
import type { Claim } from './claims.ts'
import { type Lock, LockHeld, type LockTimings, takeLock } from './lock.ts'

/**
 * Writes a line in the format of the log to standard error. Writes synchronously, because the process may exit next.
 */
function writeLogLine (level: 40 | 60, text: string) {
  try {
    writeSync(2, JSON.stringify({ level, time: Date.now(), pid: process.pid, msg: text }) + '\n')
  } catch {
    // Standard error is closed.
  }
}

const nameOf = ({ identity }: Claim) =>
  identity ? `process ${identity.pid} on host ${identity.host}` : 'an unknown process'

/**
 * Takes the lock of the embedded database, `<folder>.lock`.
 * @throws SetupError (exit code 1) if another process has it; (exit code 78) if it cannot be written
 */
export async function takeDatabaseLock (folder: string, timings?: LockTimings): Promise<Lock> {
  const lockFolder = `${folder}.lock`
  try {
    return await takeLock(lockFolder, {
      timings,
      onLost: () => {
        writeLogLine(60, `another process has taken the lock of ${folder}: this process exits now and stops writing`)
        process.exit(1)
      },
      onWait: (holder, seconds) => writeLogLine(40, `${nameOf(holder)} did not release the lock of ${folder} ` +
        `and may still be running: waiting up to ${seconds} s`)
    })
  } catch (error) {
    throw error instanceof LockHeld
      ? inUse(folder, error.holder)
      : unusable(lockFolder, 'cannot be read or written', error)
  }
}

function inUse (folder: string, holder: Claim): SetupError {
  return new SetupError([{
    subject: folder,
    problem: 'another process has the embedded database open',
    remedy: `Stop it (${nameOf(holder)}, see ${holder.path}), ` +
      'or give each process its own LANGFLOW_CONFIG_DIR; several replicas need LANGFLOW_DATABASE_URL.'
  }], { exitCode: 1 })
}
