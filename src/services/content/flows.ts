import { isForeignKeyViolation } from '../../db.ts'
import { FlowNotFound, NoFileProvided, ProjectNotFound } from '../../errors.ts'
import { type Location, toStoredContent } from './flow-content.ts'
import { createFlowMaker, type FlowDependencies } from './flow-creation.ts'
import { flowColumns, type FlowInput, type FlowRow } from './flow-rows.ts'
import { withoutPasswords } from './flow-secrets.ts'
import { lockAccount } from '../upkeep/locks.ts'
import { takenFailure } from '../upkeep/taken.ts'

/** Flows and components: each belongs to one account, and is seen and changed by that account alone. */
export function createFlows (dependencies: FlowDependencies) {
  const { db, clock, maxFlowSizeBytes } = dependencies
  const makeFlows = createFlowMaker(dependencies)

  return {
    /** Makes several, all or none. @see createFlowMaker */
    createAll: (userId: string, inputs: FlowInput[]): Promise<FlowRow[]> =>
      makeFlows(userId, inputs, (index): Location => ['body', 'flows', index, 'data']),

    /** Makes one. @see createFlowMaker */
    async create (userId: string, input: FlowInput): Promise<FlowRow> {
      const [row] = await makeFlows(userId, [input], () => ['body', 'data'])
      if (!row) throw new FlowNotFound()
      return row
    },

    /**
     * Makes the flows of an uploaded file.
     * @param projectId where they all go; unless given, each says so itself
     * @throws NoFileProvided, or as createFlowMaker's does
     */
    async upload (userId: string, inputs: FlowInput[] | undefined, projectId: string | undefined): Promise<FlowRow[]> {
      if (!inputs) throw new NoFileProvided()
      const placed = projectId === undefined ? inputs : inputs.map(input => ({ ...input, projectId }))
      return makeFlows(userId, placed, index => ['body', 'file', index, 'data'])
    },

    /** @throws FlowNotFound when there is none or it is somebody else's */
    async byId (userId: string, id: string): Promise<FlowRow> {
      const flow = await db.flow.findFirst({ where: { id, userId }, select: flowColumns })
      if (!flow) throw new FlowNotFound()
      return flow
    },

    /**
     * A flow its owner made public, without what was typed into its password fields.
     * @throws FlowNotFound; whether a private one exists is not said
     */
    async publicById (id: string): Promise<FlowRow> {
      const flow = await db.flow.findFirst({
        where: { id, accessType: 'PUBLIC', user: { isActive: true } }, select: flowColumns
      })
      if (!flow) throw new FlowNotFound()
      return { ...flow, data: flow.data === null ? null : withoutPasswords(flow.data) }
    },

    /**
     * Changes a flow; what is undefined stays, an empty endpoint name takes it away.
     * @throws FlowNotFound, FlowNameTaken, EndpointNameTaken, ProjectNotFound, InvalidFields or FlowTooLarge
     */
    async update (userId: string, id: string, changes: Partial<FlowInput>): Promise<FlowRow> {
      const { data, endpointName, ...rest } = changes
      const content = data === undefined ? undefined : toStoredContent(data, maxFlowSizeBytes, ['body', 'data'])
      try {
        const [flow] = await db.flow.updateManyAndReturn({
          where: { id, userId },
          data: {
            ...rest,
            data: content,
            endpointName: endpointName === '' ? null : endpointName,
            updatedAt: clock()
          },
          select: flowColumns
        })
        if (!flow) throw new FlowNotFound()
        return flow
      } catch (cause) {
        if (isForeignKeyViolation(cause)) throw new ProjectNotFound(undefined, { cause })
        throw takenFailure(cause) ?? cause
      }
    },

    /** @throws FlowNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const { count } = await db.flow.deleteMany({ where: { id, userId } })
      if (count === 0) throw new FlowNotFound()
    },

    /** Deletes those of the list that are the account's own. @returns how many that were */
    removeAll: (userId: string, ids: string[]): Promise<number> => db.$transaction(async tx => {
      // Of two that take many rows at once, each could wait for what the other has.
      await lockAccount(tx, userId)
      const { count } = await tx.flow.deleteMany({ where: { userId, id: { in: ids } } })
      return count
    })
  }
}

export type Flows = ReturnType<typeof createFlows>
