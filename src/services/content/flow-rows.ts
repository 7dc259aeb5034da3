import type { Prisma } from '../../db.ts'
import type { FlowData } from './flow-content.ts'

/** The columns of a flow without its content. */
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

/** A flow. `data` is the client's JSON without white space; null if there is none or it was not requested. */
export type FlowRow = FlowHeader & { data: string | null }

/** The members of a flow that its owner may set. */
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
