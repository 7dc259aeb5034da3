import { type Db, isForeignKeyViolation, type Prisma, type Transaction, uniqueViolation } from '../db.ts'
import { EndpointNameTaken, FlowNameTaken, FlowNotFound, NoFileProvided, ProjectNotFound } from '../errors.ts'
import type { Clock } from './clock.ts'
import { type FlowData, type Location, toStoredContent, withoutPasswords } from './flow-content.ts'
import { lockAccount } from './locks.ts'
import { defaultProject } from './projects.ts'
import { uniqueNames } from './unique-names.ts'

/** Everything of a flow but its content. */
export const headerColumns = {
  id: true,
  userId: true,
  projectId: true,
  name: true,
  description: true,
  isComponent: true,
  endpointName: true,
  accessType: true,
  icon: true,
  iconBgColor: true,
  gradient: true,
  tags: true,
  webhook: true,
  locked: true,
  mcpEnabled: true,
  actionName: true,
  actionDescription: true,
  updatedAt: true
} as const satisfies Prisma.FlowSelect

export const flowColumns = { ...headerColumns, data: true } as const satisfies Prisma.FlowSelect

export type FlowHeader = Prisma.FlowGetPayload<{ select: typeof headerColumns }>

/** A flow; its content is JSON as text, null where there is none or it was not asked for. */
export type FlowRow = FlowHeader & { data: string | null }

/** What may be said of a flow; the owner is whoever says it. */
export type FlowInput = {
  name: string
  data?: FlowData | undefined
  projectId?: string | undefined
  description?: string | undefined
  isComponent?: boolean | undefined
  endpointName?: string | undefined
  accessType?: 'PRIVATE' | 'PUBLIC' | undefined
  icon?: string | undefined
  iconBgColor?: string | undefined
  gradient?: string | undefined
  tags?: string[] | undefined
  webhook?: boolean | undefined
  locked?: boolean | undefined
  mcpEnabled?: boolean | undefined
  actionName?: string | undefined
  actionDescription?: string | undefined
}

type Dependencies = { db: Db, clock: Clock, newId: () => string, maxFlowSizeBytes: number }

/** Flows and components: each belongs to one account, and is seen and changed by that account alone. */
export function createFlows ({ db, clock, newId, maxFlowSizeBytes }: Dependencies) {
  /** For each wanted project the same one where it is the account's, else the default one. */
  async function homes (tx: Transaction, userId: string, wanted: Array<string | undefined>, now: Date) {
    const ids = [...new Set(wanted)].filter(id => id !== undefined)
    const own = await tx.project.findMany({ where: { userId, id: { in: ids } }, select: { id: true } })
    const known = new Set(own.map(({ id }) => id))
    const fallback = await defaultProject(tx, userId, now)
    return wanted.map(id => id !== undefined && known.has(id) ? id : fallback)
  }

  /** A new row, whole: what the input leaves open is as Langflow's defaults are. */
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
   * Makes flows, all or none. Names and endpoint names that are taken get a number; an unknown project, somebody
   * else's included, is replaced by the default one.
   * @param locate where the content of the nth stood in the request
   * @throws InvalidFields or FlowTooLarge
   */
  async function createAll (
    userId: string, inputs: readonly FlowInput[], locate: (index: number) => Location): Promise<FlowRow[]> {
    const contents = inputs.map(({ data }, index) => data === undefined
      ? null
      : toStoredContent(data, maxFlowSizeBytes, locate(index)))
    return db.$transaction(async tx => {
      await lockAccount(tx, userId)
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

  return {
    createAll,

    /** Makes one. @see createAll */
    async create (userId: string, input: FlowInput): Promise<FlowRow> {
      const [row] = await createAll(userId, [input], () => ['body', 'data'])
      if (!row) throw new FlowNotFound()
      return row
    },

    /**
     * Makes the flows of an uploaded file.
     * @param projectId where they all go; unless given, each says so itself
     * @throws NoFileProvided, or as createAll does
     */
    async upload (userId: string, inputs: FlowInput[] | undefined, projectId: string | undefined): Promise<FlowRow[]> {
      if (!inputs) throw new NoFileProvided()
      const placed = projectId === undefined ? inputs : inputs.map(input => ({ ...input, projectId }))
      return createAll(userId, placed, index => ['body', 'file', index, 'data'])
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
        const taken = uniqueViolation(cause)
        if (!taken) throw cause
        throw /endpoint/.test(taken)
          ? new EndpointNameTaken(undefined, { cause })
          : new FlowNameTaken(undefined, { cause })
      }
    },

    /** @throws FlowNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const { count } = await db.flow.deleteMany({ where: { id, userId } })
      if (count === 0) throw new FlowNotFound()
    },

    /** Deletes those of the list that are the account's own. @returns how many that were */
    async removeAll (userId: string, ids: string[]): Promise<number> {
      const { count } = await db.flow.deleteMany({ where: { userId, id: { in: ids } } })
      return count
    }
  }
}

export type Flows = ReturnType<typeof createFlows>
