/** A column that holds what the secret box sealed: its table, and the column that says whose the row is. */
export type SecretColumn = Readonly<{ table: string, column: string, ownerColumn: string }>

/**
 * Every column that holds sealed secrets: what is counted, rotated and looked at before a key is forgotten. In
 * prisma/schema.prisma each is marked `/// secret: encrypted`; a test holds the two against each other.
 */
export const secretColumns = {
  userStoreKey: { table: 'users', column: 'store_api_key', ownerColumn: 'id' },
  variableValue: { table: 'variables', column: 'sealed_value', ownerColumn: 'user_id' }
} as const satisfies Record<string, SecretColumn>

/** What a secret is sealed together with: its place and its owner. A ciphertext that was moved does not open. */
export const secretContext = ({ table, column }: SecretColumn, id: string, ownerId: string) =>
  `${table}.${column}:${id}:${ownerId}`
