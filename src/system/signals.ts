import { constants } from 'node:os'

const signals = ['SIGTERM', 'SIGINT'] as const

/** The signals that ask this process to end. */
export type EndSignal = typeof signals[number]

/** Until there is something to close: the exit code says which signal it was, as for a process without a handler. */
let handle = (signal: EndSignal): void => process.exit(128 + constants.signals[signal])

/** Before there is anything to read again, SIGHUP changes nothing. */
let hangUp = (): void => {}

/**
 * Answers signals from now on. Must come before everything that takes time: the kernel delivers a signal without a
 * handler to no process 1 (pid_namespaces(7)), so a container would ignore its stop until it is killed.
 */
export function listenForSignals (): void {
  for (const signal of signals) process.on(signal, () => handle(signal))
  // On a terminal, SIGHUP says that the terminal is gone, and ends the process as it always does.
  if (!process.stdout.isTTY) process.on('SIGHUP', () => hangUp())
}

/** Sets what SIGHUP does. */
export function onHangUp (next: () => void): void {
  hangUp = next
}

/** Replaces what a signal does. */
export function onEndSignal (next: (signal: EndSignal) => void): void {
  handle = next
}
