/** A column with encrypted secrets: its table, and the column of the owner. A row without an owner owns itself. */
export type SecretColumn = Readonly<{ table: string, column: string, ownerColumn: string }>

/**
 * Every column with encrypted secrets. Counting, rotation and forgetting of keys use this list. The columns are marked
 * `/// secret: encrypted` in prisma/schema.prisma; a test compares the two.
 */
export const secretColumns = {
  userStoreKey: { table: 'users', column: 'store_api_key', ownerColumn: 'id' },
  variableValue: { table: 'variables', column: 'sealed_value', ownerColumn: 'user_id' },
  signingKey: { table: 'signing_keys', column: 'private_key', ownerColumn: 'id' }
} as const satisfies Record<string, SecretColumn>

/** The associated data of a secret: its place and its owner. A ciphertext that was moved cannot be decrypted. */
export const secretContext = ({ table, column }: SecretColumn, id: string, ownerId: string) =>
  `${table}.${column}:${id}:${ownerId}`
