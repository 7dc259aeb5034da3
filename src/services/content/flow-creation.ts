import type { Db, Transaction } from '../../db.ts'
import { TooManyFlows } from '../../errors.ts'
import type { Clock } from '../upkeep/clock.ts'
import { type Location, toStoredContent } from './flow-content.ts'
import type { FlowInput, FlowRow } from './flow-rows.ts'
import { lockOwnAccount } from '../upkeep/locks.ts'
import { defaultProject } from './projects.ts'
import { uniqueNames } from './unique-names.ts'

export type FlowDependencies = {
  db: Db, clock: Clock, newId: () => string, maxFlowSizeBytes: number, maxFlowsPerAccount: number
}

/** Creates one or several flows. */
export function createFlowCreation (
  { db, clock, newId, maxFlowSizeBytes, maxFlowsPerAccount }: FlowDependencies) {
  /** The project of each new flow: the requested one if the account owns it, or the default one. */
  async function homes (tx: Transaction, userId: string, wanted: Array<string | undefined>, now: Date) {
    const ids = [...new Set(wanted)].filter(id => id !== undefined)
    const own = await tx.project.findMany({ where: { userId, id: { in: ids } }, select: { id: true } })
    const known = new Set(own.map(({ id }) => id))
    const fallback = await defaultProject(tx, userId, now)
    return wanted.map(id => id !== undefined && known.has(id) ? id : fallback)
  }

  /** A complete row. Members that the input omits have Langflow's defaults. */
  const toRow = (userId: string, input: FlowInput, given: Pick<FlowRow, 'projectId' | 'name' | 'data'> & {
    endpointName: string | null, updatedAt: Date
  }): FlowRow => ({
    id: newId(),
    userId,
    description: input.description ?? null,
    isComponent: input.isComponent ?? false,
    accessType: input.accessType ?? 'PRIVATE',
    icon: input.icon ?? null,
    iconBgColor: input.iconBgColor ?? null,
    gradient: input.gradient ?? null,
    tags: input.tags ?? null,
    webhook: input.webhook ?? false,
    locked: input.locked ?? false,
    mcpEnabled: input.mcpEnabled ?? false,
    actionName: input.actionName ?? null,
    actionDescription: input.actionDescription ?? null,
    ...given
  })

  /**
   * Creates all flows or none. A number is appended to names and endpoint names that exist. An unknown project, or one
   * of another account, is replaced by the default one.
   * @param locate the place of the content of the nth flow in the request
   * @throws InvalidFields, FlowTooLarge or TooManyFlows
   */
  return async function createFlows (
    userId: string, inputs: readonly FlowInput[], locate: (index: number) => Location): Promise<FlowRow[]> {
    const contents = inputs.map(({ data }, index) => data === undefined
      ? null
      : toStoredContent(data, maxFlowSizeBytes, locate(index)))
    return db.$transaction(async tx => {
      await lockOwnAccount(tx, userId)
      if (await tx.flow.count({ where: { userId } }) + inputs.length > maxFlowsPerAccount) {
        throw new TooManyFlows(`An account may have ${maxFlowsPerAccount} flows`)
      }
      const now = clock()
      const names = await uniqueNames(tx, 'flow', userId, inputs.map(({ name }) => name))
      const endpoints = await uniqueNames(
        tx, 'endpoint', userId, inputs.flatMap(({ endpointName }) => endpointName ? [endpointName] : []))
      const projectIds = await homes(tx, userId, inputs.map(({ projectId }) => projectId), now)
      const rows = inputs.map((input, index) => toRow(userId, input, {
        projectId: projectIds[index] ?? '',
        name: names[index] ?? input.name,
        endpointName: input.endpointName ? endpoints.shift() ?? null : null,
        data: contents[index] ?? null,
        updatedAt: now
      }))
      await tx.flow.createMany({ data: rows.map(row => ({ ...row, tags: row.tags ?? undefined, createdAt: now })) })
      return rows
    })
  }
}
