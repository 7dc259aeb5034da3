import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from '../../system/errors.ts'

/** Who holds a lock. What a system cannot tell is undefined. */
export type Identity = {
  pid: number
  host: string
  /** Differs after each start of the kernel, and between machines. */
  bootId: string | undefined
  /** Two containers differ in it, even when their process has the same number and host name. */
  pidNamespace: string | undefined
  /** Clock ticks from the start of the kernel to that of the process: a number that was used again has another one. */
  startTime: string | undefined
}

function attempt<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** State and start time of a process: fields 3 and 22 of /proc/PID/stat (proc_pid_stat(5)). */
function processFacts (pid: number | 'self'): { state: string, startTime: string } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (stat === undefined) return undefined
  // Field 2 is the program's name; it may hold spaces and parentheses, so the fields are counted from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state && startTime ? { state, startTime } : undefined
}

/**
 * The identity of this process.
 * @returns boot id and namespace only where /proc shows this process's own PID namespace (a container may mount
 *   another one, in which the numbers mean other processes)
 */
export function ownIdentity (): Identity {
  const isOwnProc = attempt(() => readlinkSync('/proc/self')) === String(process.pid)
  return {
    pid: process.pid,
    host: hostname(),
    bootId: isOwnProc ? attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) : undefined,
    pidNamespace: isOwnProc ? attempt(() => readlinkSync('/proc/self/ns/pid')) : undefined,
    startTime: isOwnProc ? processFacts('self')?.startTime : undefined
  }
}

/** The states of a process that has ended, where its parent has not collected it yet (proc_pid_stat(5)). */
const endedStates = new Set(['Z', 'X', 'x'])

/**
 * Whether a process lives, as far as this process can know.
 * @param own this process's identity
 * @returns `dead` or `alive` on proof alone: the same kernel and the same PID namespace; else `unsure`
 */
export function judge (other: Identity, own: Identity): 'alive' | 'dead' | 'unsure' {
  const isVisible = own.bootId !== undefined && own.pidNamespace !== undefined &&
    other.bootId === own.bootId && other.pidNamespace === own.pidNamespace
  if (!isVisible) return 'unsure'
  const facts = processFacts(other.pid)
  if (facts) {
    if (other.startTime === undefined) return 'unsure'
    return facts.startTime === other.startTime && !endedStates.has(facts.state) ? 'alive' : 'dead'
  }
  // /proc may hide the processes of others (hidepid); a signal finds them.
  try {
    process.kill(other.pid, 0)
    return 'unsure'
  } catch (error) {
    return codeOf(error) === 'ESRCH' ? 'dead' : 'unsure'
  }
}
