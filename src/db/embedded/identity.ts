import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from '../../system/errors.ts'

/** Identifies the process that holds a lock. A property is undefined if the system does not provide it. */
export type Identity = {
  pid: number
  host: string
  /** Changes each time the kernel starts, and differs between machines. */
  bootId: string | undefined
  /** Differs between two containers even if their processes have the same PID and host name. */
  pidNamespace: string | undefined
  /** Start time of the process in clock ticks since the kernel started. Detects a PID that was reused. */
  startTime: string | undefined
}

function attempt<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** The state and start time of a process: fields 3 and 22 of /proc/PID/stat (proc_pid_stat(5)). */
function processFacts (pid: number | 'self'): { state: string, startTime: string } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (stat === undefined) return undefined
  // Field 2, the program's name, can contain spaces and parentheses, so fields are counted from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state && startTime ? { state, startTime } : undefined
}

/**
 * The identity of this process.
 * @returns boot ID, namespace and start time only if /proc belongs to the PID namespace of this process (a container
 * can mount another /proc, in which the PIDs denote other processes)
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

/** The states of a process that has ended and was not yet reaped by its parent (proc_pid_stat(5)). */
const endedStates = new Set(['Z', 'X', 'x'])

/**
 * Checks whether a process is running.
 * @param own this process's identity
 * @returns `alive` or `dead` only if both processes have the same kernel and PID namespace, which makes the answer
 * certain; otherwise `unsure`
 */
export function processState (other: Identity, own: Identity): 'alive' | 'dead' | 'unsure' {
  const isVisible = own.bootId !== undefined && own.pidNamespace !== undefined &&
    other.bootId === own.bootId && other.pidNamespace === own.pidNamespace
  if (!isVisible) return 'unsure'
  const facts = processFacts(other.pid)
  if (facts) {
    if (other.startTime === undefined) return 'unsure'
    return facts.startTime === other.startTime && !endedStates.has(facts.state) ? 'alive' : 'dead'
  }
  // /proc may hide processes of other users (hidepid), but a signal still reaches them.
  try {
    process.kill(other.pid, 0)
    return 'unsure'
  } catch (error) {
    return codeOf(error) === 'ESRCH' ? 'dead' : 'unsure'
  }
}
