import { SetupError } from '../errors.ts'
import { codeOf, reasonOf } from './errors.ts'

/** The address of a server, and the settings that name it. */
export type Listening = { host: string, port: number, hostSetting: string, portSetting: string }

/** The error for an address on which the server cannot listen. Names the setting to change. */
export function listenFailure ({ host, port, hostSetting, portSetting }: Listening, cause: unknown): SetupError {
  const [subject, problem, remedy] = ((): [string, string, string] => {
    switch (codeOf(cause)) {
      case 'EADDRINUSE':
        return [portSetting, `port ${port} on ${host} is already in use`,
          `Stop the process that listens there, or choose another port, e.g. ${portSetting}=${port < 65_535 ? port + 1 : port - 1}.`]
      case 'EACCES':
        return [portSetting, `this account may not listen on port ${port} of ${host}`,
          `Choose a port from 1024 to 65535 in ${portSetting}, or grant CAP_NET_BIND_SERVICE.`]
      default:
        return [hostSetting, `cannot listen on ${host}, port ${port}: ${reasonOf(cause)}`,
          `Set ${hostSetting} to an address of this machine: 127.0.0.1, ::1, or 0.0.0.0 and :: for all addresses.`]
    }
  })()
  return new SetupError([{ subject, problem, remedy }], { exitCode: 1, cause })
}
