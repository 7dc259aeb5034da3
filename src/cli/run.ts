import { loadConfig } from '../config.ts'
import { envFileFlag, settingsSources } from './settings-source.ts'
import type { Verb } from './run-verb.ts'

const text = (value: string | boolean | undefined) => typeof value === 'string' ? value : undefined

/** `flowgate run`: serves until it is told to stop. */
export const run: Verb = {
  summary: 'start the server',
  usage: 'run [--env-file FILE] [--host ADDRESS] [--port NUMBER]',
  flags: [
    envFileFlag,
    { name: 'host', value: 'ADDRESS', help: 'address to listen on (LANGFLOW_HOST)' },
    { name: 'port', value: 'NUMBER', help: 'port to listen on (LANGFLOW_PORT)' }
  ],
  run: async invocation => {
    const { flags } = invocation
    const config = loadConfig(settingsSources(invocation, {
      LANGFLOW_HOST: text(flags['host']), LANGFLOW_PORT: text(flags['port'])
    }))
    const { start } = await import('../server.ts')
    await start(config)
    return undefined
  }
}
