import { Command } from 'commander'
import { type MakeCommand, type SettingsOptions, withEnvFile, withExamples } from '../command.ts'
import { readConfig } from '../settings-source.ts'

type Options = SettingsOptions & { host?: string, port?: string }

/** `flowgate run`: serves until a signal ends it. */
export const runCommand: MakeCommand = ({ env, ends }) => withExamples(
  withEnvFile(new Command('run').description('start the server'))
    .option('--host <address>', 'address to listen on (LANGFLOW_HOST)')
    .option('--port <number>', 'port to listen on (LANGFLOW_PORT)')
    .action(ends(async ({ envFile, host, port }: Options) => {
      const config = readConfig(env, { envFile }, { LANGFLOW_HOST: host, LANGFLOW_PORT: port })
      const [{ start }, { serveCommands }] =
        await Promise.all([import('../../server.ts'), import('../control/serve.ts')])
      await start(config, { beforeListening: serveCommands })
      return undefined
    })),
  [
    ['flowgate run', 'serves on http://127.0.0.1:7860 with the embedded database'],
    ['flowgate run --env-file secured.env', 'reads the settings from a file']
  ]
)
