import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Command } from 'commander'
import { reasonOf } from '../../system/errors.ts'
import { exitCodes, type MakeCommand, type SettingsOptions, withEnvFile, withExamples } from '../command.ts'
import { wholeNumber } from '../values/whole-number.ts'
import { readConfig } from '../settings-source.ts'

type Options = SettingsOptions & { host?: string, port?: string, timeout: number }

/** The address that reaches a server listening on `host` from the same machine. */
const localAddress = (host: string) => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host

/** Requests `/readyz`. @returns the status, or why there was no response */
function ask (isTls: boolean, host: string, port: number, timeoutMs: number): Promise<number | string> {
  return new Promise(resolve => {
    // The certificate names the public host; this connection does not leave the machine.
    const options = { host: localAddress(host), port, path: '/readyz', timeout: timeoutMs, rejectUnauthorized: false }
    const request = (isTls ? httpsRequest : httpRequest)(options, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('timeout', () => request.destroy(new Error(`timeout after ${timeoutMs / 1000} s`)))
    request.on('error', error => resolve(reasonOf(error)))
    request.end()
  })
}

/** `flowgate health`: whether the server with these settings on this machine is ready. For containers. */
export const healthCommand: MakeCommand = ({ env, ends }) => withExamples(
  withEnvFile(new Command('health').description('check whether the server on this machine is ready'))
    .option('--host <address>', 'address of the server (LANGFLOW_HOST)')
    .option('--port <number>', 'port of the server (LANGFLOW_PORT)')
    .option('--timeout <seconds>', 'timeout, from 1 to 60', wholeNumber(1, 60), 3)
    .addHelpText('after', '\nExits with 0 when the server is ready, and with 1 otherwise.')
    .action(ends(async ({ envFile, host, port, timeout }: Options) => {
      const config = readConfig(env, { envFile }, { LANGFLOW_HOST: host, LANGFLOW_PORT: port })
      const answer = await ask(config.sslCertFile !== undefined, config.host, config.port, timeout * 1000)
      if (answer === 200) {
        console.log('ready')
        return exitCodes.fine
      }
      console.error(typeof answer === 'number' ? `not ready: status ${answer}` : `no response: ${answer}`)
      return exitCodes.failed
    })),
  [
    ['flowgate health', 'with the settings of `flowgate run`'],
    ['flowgate health --timeout 1', 'for the health check of a container']
  ]
)
