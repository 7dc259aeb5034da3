import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory }
  from '@prisma/driver-adapter-utils'

/**
 * The adapter as the schema engine sees it, with scripts that count as a whole or not at all. The drivers' own send one
 * statement after the other, or do not wait for the end.
 * @param runScript sends all of a script in one message, which PostgreSQL takes as one transaction
 * @param onError told what the database said; the engine keeps it to itself
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
