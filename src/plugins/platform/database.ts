import fp from 'fastify-plugin'
import { isOpenToOthers } from '../../system/config-folder.ts'
import { type Database, openDb } from '../../db.ts'
import { migrate } from '../../migrate.ts'

declare module 'fastify' {
  interface FastifyInstance { database: Database }
}

/** `app.database`: open, at this version's schema, closed with the app. */
export const databasePlugin = fp<{ database?: Database | undefined }>(async (app, options) => {
  const database = options.database ?? await openDb(app.config, error => {
    app.log.warn({ err: error }, 'a connection to the database failed')
  })
  app.decorate('database', database)
  const { configDir } = app.config
  if (database.kind === 'embedded' && !options.database && isOpenToOthers(configDir)) {
    app.log.warn({ folder: configDir },
      'other accounts can list LANGFLOW_CONFIG_DIR; the files in it are closed to them')
  }
  app.addHook('onClose', () => {
    app.closing.waitsFor = 'the connections of the database to close'
    return database.close()
  })
  const applied = await migrate(database).catch(async (error: unknown) => {
    // The app that failed to boot does not come to its hooks, and an open pool would keep the process.
    await database.close()
    throw error
  })
  if (applied.length > 0) app.log.info({ migrations: applied }, 'database migrated')
}, { name: 'database', dependencies: ['config', 'closing'] })
