import { isForeignKeyViolation } from '../../db.ts'
import { FlowNotFound, NoFileProvided, ProjectNotFound } from '../../errors.ts'
import { type Location, toStoredContent } from './flow-content.ts'
import { createFlowCreation, type FlowDependencies } from './flow-creation.ts'
import { flowColumns, type FlowInput, type FlowRow } from './flow-rows.ts'
import { withoutPasswords } from './flow-secrets.ts'
import { lockOwnAccount } from '../upkeep/locks.ts'
import { takenFailure } from '../upkeep/taken.ts'

/** Flows and components. Only the account that owns one can see and change it. */
export function createFlows (dependencies: FlowDependencies) {
  const { db, clock, maxFlowSizeBytes } = dependencies
  const createFlows = createFlowCreation(dependencies)

  return {
    /** Creates all flows or none. @see createFlowCreation */
    createAll: (userId: string, inputs: FlowInput[]): Promise<FlowRow[]> =>
      createFlows(userId, inputs, (index): Location => ['body', 'flows', index, 'data']),

    /** Creates one flow. @see createFlowCreation */
    async create (userId: string, input: FlowInput): Promise<FlowRow> {
      const [row] = await createFlows(userId, [input], () => ['body', 'data'])
      if (!row) throw new FlowNotFound()
      return row
    },

    /**
     * Creates the flows of an uploaded file.
     * @param projectId the project of all flows; undefined if each flow names its own
     * @throws NoFileProvided, or what createFlowCreation throws
     */
    async upload (userId: string, inputs: FlowInput[] | undefined, projectId: string | undefined): Promise<FlowRow[]> {
      if (!inputs) throw new NoFileProvided()
      const placed = projectId === undefined ? inputs : inputs.map(input => ({ ...input, projectId }))
      return createFlows(userId, placed, index => ['body', 'file', index, 'data'])
    },

    /** @throws FlowNotFound if it does not exist or belongs to another account */
    async byId (userId: string, id: string): Promise<FlowRow> {
      const flow = await db.flow.findFirst({ where: { id, userId }, select: flowColumns })
      if (!flow) throw new FlowNotFound()
      return flow
    },

    /** Reads a public flow without the values of its password fields. @throws FlowNotFound, also for a private flow */
    async publicById (id: string): Promise<FlowRow> {
      const flow = await db.flow.findFirst({
        where: { id, accessType: 'PUBLIC', user: { isActive: true } }, select: flowColumns
      })
      if (!flow) throw new FlowNotFound()
      return { ...flow, data: flow.data === null ? null : withoutPasswords(flow.data) }
    },

    /**
     * Changes a flow. Undefined members are unchanged; an empty endpoint name removes it.
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

    /** Deletes the listed flows that the account owns. @returns how many */
    removeAll: (userId: string, ids: string[]): Promise<number> => db.$transaction(async tx => {
      // Prevents deadlocks between bulk deletes.
      await lockOwnAccount(tx, userId)
      const { count } = await tx.flow.deleteMany({ where: { userId, id: { in: ids } } })
      return count
    })
  }
}

export type Flows = ReturnType<typeof createFlows>
