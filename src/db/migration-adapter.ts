import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory }
  from '@prisma/driver-adapter-utils'

/**
 * Makes each script of the schema engine atomic. The drivers' adapters send the statements one by one, or do not wait
 * until the script has ended.
 * @param runScript sends a script in one message, which PostgreSQL runs as one transaction
 * @param onError called with the database's error, which the engine does not report
 */
export function withWholeScripts (
  factory: SqlMigrationAwareDriverAdapterFactory,
  runScript: (script: string) => Promise<unknown>,
  onError: (error: unknown) => void
): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connectToShadowDb: () => factory.connectToShadowDb(),
    connect: async () => {
      const adapter: SqlDriverAdapter = await factory.connect()
      adapter.executeScript = async script => {
        try {
          await runScript(script)
        } catch (error) {
          onError(error)
          throw error
        }
      }
      return adapter
    }
  }
}
