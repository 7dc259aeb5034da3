import type { App } from '../../app.ts'
import { composeServices } from '../../composition.ts'
import type { WriteEvent } from '../../services/audit/sink.ts'
import { createAccountOperations } from '../operations/accounts.ts'
import { createInspection } from '../operations/inspection.ts'
import { createSecretOperations } from '../operations/secrets.ts'
import { listenForCommands } from './listener.ts'

/**
 * Lets commands work on the embedded database, which only this process has open. On PostgreSQL they connect to it
 * themselves.
 */
export async function serveCommands (app: App): Promise<void> {
  const { config, database, crypto: { box }, log } = app
  if (database.kind !== 'embedded') return
  try {
    const { close } = await listenForCommands({
      configDir: config.configDir,
      keys: box.keyIds,
      createOperations: onEvent => createOperations(app, onEvent),
      onDone: (operation, err) => {
        if (err === undefined) log.info({ operation }, 'command executed')
        else log.error({ operation, err }, 'command failed')
      }
    })
    app.addHook('onClose', () => {
      app.closing.waitsFor = 'a command to end'
      return close()
    })
  } catch (err) {
    log.warn({ err }, 'the control socket cannot be created: commands work only while the server is stopped')
  }
}

/** The operations of one command. Security events go to the log of the server and to the command. */
function createOperations (app: App, onEvent: WriteEvent) {
  const { config, database, clock, failureCounts: counts, crypto: { box, hasher }, log } = app
  const services = composeServices({
    config,
    database,
    clock,
    counts,
    hasher,
    box,
    writeEvent: (...event) => {
      app.writeEvent(...event)
      onEvent(...event)
    },
    onError: (err, problem) => log.warn({ err }, problem)
  })
  return {
    ...createAccountOperations(services),
    ...createSecretOperations(services, database.label),
    ...createInspection({ config, database, box })
  }
}
