import { type Db, type Prisma, type Transaction } from '../../db.ts'
import { ProjectNotFound, TooManyProjects } from '../../errors.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockOwnAccount } from '../upkeep/locks.ts'
import { refusingTaken } from '../upkeep/taken.ts'
import { uniqueNames } from './unique-names.ts'

export const projectColumns = { id: true, name: true, description: true } as const satisfies Prisma.ProjectSelect

export type ProjectRow = Prisma.ProjectGetPayload<{ select: typeof projectColumns }>

/** The members of a project that its owner may set. `flows` are ids of flows and components to move into it. */
export type ProjectInput = { name: string, description?: string | undefined, flows: string[] }

/** The first project of every account, with Langflow's name. It is created with the account. */
export const starterProject = (now: Date) => ({
  name: 'Starter Project',
  description: 'Manage your own flows. Download and upload projects.',
  createdAt: now,
  updatedAt: now
})

const oldestFirst = [{ createdAt: 'asc' }, { id: 'asc' }] as const satisfies Prisma.ProjectOrderByWithRelationInput[]

/** The project of flows that name none: the oldest one. The account must be locked. */
export async function defaultProject (tx: Transaction, userId: string, now: Date): Promise<string> {
  const oldest = await tx.project.findFirst({ where: { userId }, orderBy: [...oldestFirst], select: { id: true } })
  const { id } = oldest ?? await tx.project.create({ data: { ...starterProject(now), userId }, select: { id: true } })
  return id
}

type Dependencies = { db: Db, clock: Clock, maxProjectsPerAccount: number }

/** Projects. Only the account that owns one can see and change it. */
export function createProjects ({ db, clock, maxProjectsPerAccount }: Dependencies) {
  /** Moves flows of the account. IDs of other accounts' flows are ignored. */
  async function moveFlows (tx: Transaction, userId: string, projectId: string, ids: string[]) {
    if (ids.length > 0) await tx.flow.updateMany({ where: { userId, id: { in: ids } }, data: { projectId } })
  }

  return {
    /** All projects of an account, the oldest first. */
    list: (userId: string): Promise<ProjectRow[]> =>
      db.project.findMany({ where: { userId }, orderBy: [...oldestFirst], select: projectColumns }),

    /** @throws ProjectNotFound if it does not exist or belongs to another account */
    async byId (userId: string, id: string): Promise<ProjectRow> {
      const project = await db.project.findFirst({ where: { id, userId }, select: projectColumns })
      if (!project) throw new ProjectNotFound()
      return project
    },

    /** Creates a project. A number is appended to a name that exists. @throws TooManyProjects */
    create: (userId: string, { name, description, flows }: ProjectInput): Promise<ProjectRow> =>
      db.$transaction(async tx => {
        await lockOwnAccount(tx, userId)
        if (await tx.project.count({ where: { userId } }) >= maxProjectsPerAccount) {
          throw new TooManyProjects(`An account may have ${maxProjectsPerAccount} projects`)
        }
        const now = clock()
        const [unique = name] = await uniqueNames(tx, 'project', userId, [name])
        const project = await tx.project.create({
          data: { userId, name: unique, description: description ?? null, createdAt: now, updatedAt: now },
          select: projectColumns
        })
        await moveFlows(tx, userId, project.id, flows)
        return project
      }),

    /** @throws ProjectNotFound or ProjectNameTaken */
    async update (userId: string, id: string, changes: Partial<ProjectInput>): Promise<ProjectRow> {
      const { name, description, flows = [] } = changes
      return refusingTaken(() => db.$transaction(async tx => {
        await lockOwnAccount(tx, userId)
        const [project] = await tx.project.updateManyAndReturn({
          where: { id, userId }, data: { name, description, updatedAt: clock() }, select: projectColumns
        })
        if (!project) throw new ProjectNotFound()
        await moveFlows(tx, userId, id, flows)
        return project
      }))
    },

    /**
     * Deletes a project and, like Langflow, its flows. If it was the last one, a new, empty first project is created,
     * so that every flow has a project.
     * @throws ProjectNotFound
     */
    remove: (userId: string, id: string): Promise<void> => db.$transaction(async tx => {
      await lockOwnAccount(tx, userId)
      const { count } = await tx.project.deleteMany({ where: { id, userId } })
      if (count === 0) throw new ProjectNotFound()
      await defaultProject(tx, userId, clock())
    })
  }
}

export type Projects = ReturnType<typeof createProjects>
