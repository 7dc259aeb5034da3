import { Command } from 'commander'
import { loadConfig } from '../../config.ts'
import { type MakeCommand, type SettingsOptions, withEnvFile, withExamples } from '../command.ts'
import { settingsSources } from '../settings-source.ts'

type Options = SettingsOptions & { host?: string, port?: string }

/** `flowgate run`: serves until it is told to stop. */
export const runCommand: MakeCommand = ({ env, ends }) => withExamples(
  withEnvFile(new Command('run').description('start the server'))
    .option('--host <address>', 'address to listen on (LANGFLOW_HOST)')
    .option('--port <number>', 'port to listen on (LANGFLOW_PORT)')
    .action(ends(async ({ envFile, host, port }: Options) => {
      const config = loadConfig(settingsSources(env, { envFile }, { LANGFLOW_HOST: host, LANGFLOW_PORT: port }))
      const { start } = await import('../../server.ts')
      await start(config)
      return undefined
    })),
  [
    ['flowgate run', 'serves on http://127.0.0.1:7860, on the embedded database'],
    ['flowgate run --env-file secured.env', 'with the settings of a file']
  ]
)
