import fp from 'fastify-plugin'
import { isOpenToOthers } from '../../system/config-folder.ts'
import { type Database, openDb } from '../../db.ts'
import { migrate } from '../../migrate.ts'

declare module 'fastify' {
  interface FastifyInstance { database: Database }
}

/** `app.database`: the database with its schema up to date. Closed with the app. */
export const databasePlugin = fp<{ database?: Database | undefined }>(async (app, options) => {
  const database = options.database ?? await openDb(app.config, error => {
    app.log.warn({ err: error }, 'a connection to the database failed')
  })
  app.decorate('database', database)
  const { configDir } = app.config
  if (database.kind === 'embedded' && !options.database && isOpenToOthers(configDir)) {
    app.log.warn({ folder: configDir },
      'other users can list LANGFLOW_CONFIG_DIR, but not read its files')
  }
  app.addHook('onClose', () => {
    app.closing.waitsFor = 'the database connections to close'
    return database.close()
  })
  const applied = await migrate(database).catch(async (error: unknown) => {
    // The hooks of an app that fails to boot do not run, and an open pool would keep the process alive.
    await database.close()
    throw error
  })
  if (applied.length > 0) app.log.info({ migrations: applied }, 'database migrated')
}, { name: 'database', dependencies: ['config', 'closing'] })
