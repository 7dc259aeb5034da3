import { Command } from 'commander'
import { loadConfig } from '../../config.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../command.ts'
import { requireInstallation } from '../operations/installation.ts'
import { settingsSources } from '../settings-source.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

/** `flowgate migrate`: what the server does at boot, by itself and before it. */
export const migrateCommand: MakeCommand = ({ env, ends }) => {
  const subcommand = (name: string, description: string) =>
    withJson(withEnvFile(new Command(name).description(description)))

  const status = subcommand('status', 'compare the database with this version; exits 1 when they differ')
    .action(ends(async (options: Options) => {
      const { lendDatabase } = await import('../operations/open-database.ts')
      const { migrationStatus } = await import('../../migrate.ts')
      const config = loadConfig(settingsSources(env, options))
      requireInstallation(config)
      const { label, ...found } = await lendDatabase(config, async database =>
        ({ label: database.label, ...await migrationStatus(database) }))
      const isWhole = [found.pending, found.unknown, found.edited].every(names => names.length === 0)
      if (options.json) printJson({ database: label, ...found })
      else {
        const states = [
          ...found.applied.map(name =>
            [name, found.edited.includes(name) ? 'applied, but its file was changed' : 'applied']),
          ...found.pending.map(name => [name, 'to come']),
          ...found.unknown.map(name => [name, 'of a newer version'])
        ]
        console.log(await formatTable(['migration', 'state'], states))
        if (found.pending.length > 0) {
          console.log('flowgate migrate deploy applies what is to come; so does the next start.')
        }
      }
      return isWhole ? exitCodes.fine : exitCodes.failed
    }))

  const deploy = subcommand('deploy', 'bring the database to this version, under a lock')
    .action(ends(async (options: Options) => {
      const { lendDatabase } = await import('../operations/open-database.ts')
      const { migrate } = await import('../../migrate.ts')
      const applied = await lendDatabase(loadConfig(settingsSources(env, options)), migrate)
      if (options.json) printJson({ applied })
      else console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'Nothing to do.')
      return exitCodes.fine
    }))

  return withExamples(
    new Command('migrate').description('bring the database to this version\'s schema, or show how far it is')
      .addCommand(status).addCommand(deploy),
    [['flowgate migrate status --env-file secured.env', 'before an upgrade: what would be applied']]
  )
}
