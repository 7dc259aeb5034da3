import { constants } from 'node:os'

const signals = ['SIGTERM', 'SIGINT'] as const

/** The signals that ask this process to end. */
export type EndSignal = typeof signals[number]

/** Before the server runs, the exit code names the signal, as for a process without a handler. */
let handle = (signal: EndSignal): void => process.exit(128 + constants.signals[signal])

/** Before the server runs, SIGHUP has no effect. */
let hangUp = (): void => {}

/**
 * Handles signals from now on. Must run before anything that takes time: the kernel does not deliver a signal without a
 * handler to process 1 (pid_namespaces(7)), so a container would ignore its stop until it is killed.
 */
export function listenForSignals (): void {
  for (const signal of signals) process.on(signal, () => handle(signal))
  // On a terminal, SIGHUP means that the terminal is gone. The default action ends the process.
  if (!process.stdout.isTTY) process.on('SIGHUP', () => hangUp())
}

/** Sets the handler of SIGHUP. */
export function onHangUp (next: () => void): void {
  hangUp = next
}

/** Replaces the handler of SIGTERM and SIGINT. */
export function onEndSignal (next: (signal: EndSignal) => void): void {
  handle = next
}
