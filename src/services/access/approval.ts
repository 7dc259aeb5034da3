import type { Prisma } from '../../db.ts'

/**
 * Accounts that were created inactive and were not activated since. Accounts of older versions have no `approvedAt`;
 * those that have signed in were active.
 */
export const pendingApproval =
  { isActive: false, approvedAt: null, lastLoginAt: null } as const satisfies Prisma.UserWhereInput

type Approval = { isActive: boolean, approvedAt: Date | null, lastLoginAt: Date | null }

/** The same for an account that was read. */
export const isPending = ({ isActive, approvedAt, lastLoginAt }: Approval): boolean =>
  !isActive && approvedAt === null && lastLoginAt === null
