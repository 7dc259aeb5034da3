import { SetupError } from '../errors.ts'
import { codeOf, reasonOf } from './errors.ts'

/** Where a server was to listen, and the settings that say so. */
export type Listening = { host: string, port: number, hostSetting: string, portSetting: string }

/** Why a server cannot listen, by the setting that is to be changed. */
export function listenFailure ({ host, port, hostSetting, portSetting }: Listening, cause: unknown): SetupError {
  const place = `port ${port} of ${host}`
  const [subject, problem, remedy] = ((): [string, string, string] => {
    switch (codeOf(cause)) {
      case 'EADDRINUSE':
        return [portSetting, `the port is taken: ${place}`,
          `Stop what listens there, or choose another port in ${portSetting}.`]
      case 'EACCES':
        return [portSetting, `this account may not listen on ${place}`,
          `Choose a port from 1024 on in ${portSetting}, or grant CAP_NET_BIND_SERVICE.`]
      default:
        return [hostSetting, `nothing can listen on ${place}: ${reasonOf(cause)}`,
          `Name an address of this machine in ${hostSetting}: 127.0.0.1, ::1, or 0.0.0.0 and :: for all of them.`]
    }
  })()
  return new SetupError([{ subject, problem, remedy }], { exitCode: 1, cause })
}
