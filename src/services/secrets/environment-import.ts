import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Db } from '../../db.ts'
import { usernameKey } from '../../policy/usernames.ts'
import { variableNameProblem, variableValueProblem } from '../../policy/variables.ts'
import type { EventSink, EventSource, Facts } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockAccount } from '../upkeep/locks.ts'
import { valueColumns } from './variables.ts'

type Dependencies = {
  db: Db
  events: EventSink
  clock: Clock
  box: SecretBox
  newId: () => string
  /** The variables by name; empty if the import is off. */
  environmentVariables: Readonly<Record<string, string>>
  maxVariablesPerAccount: number
}

/**
 * Imports environment variables of the server as Credentials of its accounts, like Langflow: each name once per
 * account. Existing variables are never overwritten, and deleted ones are not created again.
 */
export function createEnvironmentImport (
  { db, events, clock, box, newId, environmentVariables, maxVariablesPerAccount }: Dependencies) {
  const offered = Object.entries(environmentVariables)
    .filter(([name, value]) => !variableNameProblem(name) && !variableValueProblem(value))

  async function offerTo (userId: string, source: EventSource, facts: Facts = {}): Promise<void> {
    if (offered.length === 0) return
    const known = await db.variableImport.findMany({ where: { userId }, select: { name: true } })
    const isKnown = new Set(known.map(({ name }) => name))
    const fresh = offered.filter(([name]) => !isKnown.has(name))
    if (fresh.length === 0) return

    await events.transaction(async tx => {
      if (!await lockAccount(tx, userId)) return
      const room = maxVariablesPerAccount - await tx.variable.count({ where: { userId } })
      const now = clock()
      const recorded = await tx.variableImport.createManyAndReturn({
        data: fresh.slice(0, Math.max(0, room)).map(([name]) => ({ userId, name, importedAt: now })),
        skipDuplicates: true,
        select: { name: true }
      })
      const made = await tx.variable.createManyAndReturn({
        data: recorded.map(({ name }) => {
          const id = newId()
          const stored = valueColumns(box, 'Credential', environmentVariables[name] ?? '', id, userId)
          return { id, userId, name, type: 'Credential', ...stored, defaultFields: [], createdAt: now, updatedAt: now }
        }),
        skipDuplicates: true,
        select: { name: true }
      })
      const names = made.map(({ name }) => name)
      if (names.length > 0) events.record(tx, source, 'environment_import', { user: userId, names, ...facts })
    })
  }

  return {
    /** Creates the variables that were never offered to this account. */
    offerTo: (userId: string, source: EventSource): Promise<void> => offerTo(userId, source),

    /** The same at boot, for the account with that name, if it exists. */
    async offerAtBoot (username: string): Promise<void> {
      const user = offered.length === 0
        ? null
        : await db.user.findUnique({ where: { usernameKey: usernameKey(username) }, select: { id: true } })
      if (user) await offerTo(user.id, { actor: undefined }, { via: 'boot' })
    }
  }
}

export type EnvironmentImport = ReturnType<typeof createEnvironmentImport>
