import { AsyncLocalStorage } from 'node:async_hooks'
import type { App } from '../../app.ts'
import type { WriteEvent } from '../../services/audit/sink.ts'
import { createAccountOperations } from '../operations/accounts.ts'
import { createInspection } from '../operations/inspection.ts'
import { createSecretOperations } from '../operations/secrets.ts'
import { listenForCommands, type Operations } from './listener.ts'

/**
 * Lets commands work on the embedded database, which only this process has open. On PostgreSQL they connect to it
 * themselves.
 */
export async function serveCommands (app: App): Promise<void> {
  const { config, database, crypto: { box }, services, log } = app
  if (database.kind !== 'embedded') return
  const operations: Operations = {
    ...createAccountOperations(services),
    ...createSecretOperations(services, database.label),
    ...createInspection({ config, database, box })
  }
  // The services are those of the requests: what they remember is up to date. A command gets the events it causes.
  const command = new AsyncLocalStorage<WriteEvent>()
  app.eventListeners.add((...event) => command.getStore()?.(...event))
  let running = 0
  /** On Node.js 20, a store in use slows every promise of the process, so it is disabled between commands. */
  async function run (onEvent: WriteEvent, work: () => Promise<unknown>): Promise<unknown> {
    running++
    try {
      return await command.run(onEvent, work)
    } finally {
      if (--running === 0) command.disable()
    }
  }
  try {
    const { close } = await listenForCommands({
      configDir: config.configDir,
      keys: box.keyIds,
      createOperations: onEvent => Object.fromEntries(Object.entries(operations).map(([name, operation]) =>
        [name, (...args: never[]) => run(onEvent, () => operation(...args))])),
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
