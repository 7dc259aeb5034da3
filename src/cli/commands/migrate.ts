import { Command } from 'commander'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../command.ts'
import { requireInstallation } from '../operations/installation.ts'
import { readConfig } from '../settings-source.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

/** `flowgate migrate`: applies the migrations that the server applies when it starts. */
export const migrateCommand: MakeCommand = ({ env, ends }) => {
  const subcommand = (name: string, description: string) =>
    withJson(withEnvFile(new Command(name).description(description)))

  const status = subcommand('status', 'compare the schema with this version; exits with 1 when they differ')
    .action(ends(async (options: Options) => {
      const config = readConfig(env, options)
      requireInstallation(config)
      const { withInspection } = await import('../operations/inspection.ts')
      const { database, ...found } = await withInspection(config, undefined, ({ migrationStatus }) => migrationStatus())
      const isCurrent = [found.pending, found.unknown, found.edited].every(names => names.length === 0)
      if (options.json) printJson({ database, ...found })
      else {
        const states = [
          ...found.applied.map(name =>
            [name, found.edited.includes(name) ? 'applied, but its file has changed since' : 'applied']),
          ...found.pending.map(name => [name, 'pending']),
          ...found.unknown.map(name => [name, 'from a newer version'])
        ]
        console.log(await formatTable(['migration', 'state'], states))
        if (found.pending.length > 0) {
          console.log('`flowgate migrate deploy` or the next start of the server applies the pending migrations.')
        }
      }
      return isCurrent ? exitCodes.fine : exitCodes.failed
    }))

  const deploy = subcommand('deploy', 'apply the pending migrations, under a lock')
    .action(ends(async (options: Options) => {
      const config = readConfig(env, options)
      const { withInspection } = await import('../operations/inspection.ts')
      const applied = await withInspection(config, undefined, ({ migrate }) => migrate())
      if (options.json) printJson({ applied })
      else console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'No migrations are pending.')
      return exitCodes.fine
    }))

  return withExamples(
    new Command('migrate').description('apply database migrations, or list them')
      .addCommand(status).addCommand(deploy),
    [['flowgate migrate status --env-file secured.env', 'lists what an upgrade would apply']]
  )
}
