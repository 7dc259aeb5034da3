import type { Prisma } from '../../db.ts'

/** The columns of an API key that restrict it. */
export const restrictionColumns = {
  scopes: true, allowedNetworks: true, rateLimit: true, rateWindowSeconds: true
} as const satisfies Prisma.ApiKeySelect

/** The columns of an API key that may be shown. Only the request path reads the digest. */
export const apiKeyColumns = {
  id: true,
  userId: true,
  name: true,
  prefix: true,
  suffix: true,
  madeById: true,
  replacedById: true,
  isActive: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  totalUses: true,
  ...restrictionColumns
} as const satisfies Prisma.ApiKeySelect

export type PublicApiKey = Prisma.ApiKeyGetPayload<{ select: typeof apiKeyColumns }>

/** The columns that changes read. */
export const storedColumns = { ...apiKeyColumns, rateCounterId: true } as const

/** The row of an API key without its digest. */
export type StoredKey = Prisma.ApiKeyGetPayload<{ select: typeof storedColumns }>
