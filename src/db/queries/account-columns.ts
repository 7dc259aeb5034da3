import type { Prisma } from '../../db.ts'

/** The columns of an account that may be shown; the password hash is read by sign-in alone. */
export const publicColumns = {
  id: true,
  username: true,
  profileImage: true,
  isActive: true,
  isSuperuser: true,
  optins: true,
  createdAt: true,
  updatedAt: true,
  lastLoginAt: true
} as const satisfies Prisma.UserSelect

export type PublicUser = Prisma.UserGetPayload<{ select: typeof publicColumns }>
