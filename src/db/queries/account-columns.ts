import type { Prisma } from '../../generated/prisma/client.ts'

/** The columns of an account that its owner may see: property name to column name. */
const accountColumns = {
  id: 'id',
  username: 'username',
  profileImage: 'profile_image',
  isActive: 'is_active',
  isSuperuser: 'is_superuser',
  optins: 'optins',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  lastLoginAt: 'last_login_at'
} as const satisfies Partial<Record<keyof Prisma.UserSelect, string>>

type ColumnName = keyof typeof accountColumns

const names = Object.keys(accountColumns) as ColumnName[] // keys of the literal above

/** The same columns for Prisma's `select`, without the password hash. */
export const publicColumns = Object.fromEntries(names.map(name => [name, true])) as Readonly<Record<ColumnName, true>>

/** An account without its password hash. */
export type PublicUser = Prisma.UserGetPayload<{ select: typeof publicColumns }>

/** The same columns for an SQL statement. @param alias alias of the table `users` */
export const selectAccount = (alias: string): string =>
  names.map(name => `${alias}.${accountColumns[name]} AS "${name}"`).join(', ')

/** Extracts the account from a row that has more columns. */
export const pickAccount = (row: PublicUser): PublicUser =>
  Object.fromEntries(names.map(name => [name, row[name]])) as PublicUser // `names` contains every column
