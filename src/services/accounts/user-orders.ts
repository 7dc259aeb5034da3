import type { Prisma } from '../../db.ts'

export type UserSort = {
  by: 'username' | 'createdAt' | 'lastLoginAt' | 'isActive' | 'isSuperuser', isDescending: boolean
}

/** Each order matches an index, read forwards or backwards. */
export function toOrder ({ by, isDescending }: UserSort): Prisma.UserOrderByWithRelationInput[] {
  const way = isDescending ? 'desc' : 'asc'
  switch (by) {
    case 'username': return [{ username: way }, { id: way }]
    case 'createdAt': return [{ createdAt: way }, { id: way }]
    case 'lastLoginAt':
      return [{ lastLoginAt: { sort: way, nulls: isDescending ? 'last' : 'first' } }, { id: way }]
    case 'isActive': return [{ isActive: way }, { username: way }, { id: way }]
    case 'isSuperuser': return [{ isSuperuser: way }, { username: way }, { id: way }]
  }
}
