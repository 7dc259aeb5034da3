import { createTokenSigner, createTokenVerifier, headerOf, type SignToken, type VerifyToken } from '../../crypto/jwt.ts'
import { type SecretBox, SecretUnreadable } from '../../crypto/secret-box.ts'
import type { SigningAlgorithm, SigningKeyPair } from '../../crypto/signing-keys.ts'
import type { Database, Transaction } from '../../db.ts'
import { secretColumns, secretContext } from '../secrets/secret-columns.ts'
import type { KeyTimes } from './key-times.ts'

/** A row of `signing_keys`. The private part is encrypted, or null if the key is the one of LANGFLOW_PRIVATE_KEY. */
export type KeyRow = KeyTimes & {
  id: string, kid: string, algorithm: SigningAlgorithm, publicKey: string, privateKey: string | null, createdAt: Date
}

/** A key that can be used: it verifies, and it signs if this process has the private part. */
export type SigningKey = Omit<KeyRow, 'privateKey'> & Readonly<{
  /** Signs access tokens and identity tokens. Undefined without the private part. */
  sign: { access: SignToken, identity: SignToken } | undefined
  /** The header of its access tokens. */
  accessHeader: string
  verify: VerifyToken
}>

const readRows = {
  name: 'flowgate_read_signing_keys',
  text: `SELECT id, kid, algorithm, public_key AS "publicKey", private_key AS "privateKey", created_at AS "createdAt",
activates_at AS "activatesAt", retires_at AS "retiresAt" FROM signing_keys ORDER BY activates_at DESC, id`
}

/** All keys, the newest first. */
export const readKeyRows = (run: Database['run']): Promise<KeyRow[]> => run<KeyRow>(readRows, [])

/** The same in a transaction. */
export async function readKeyRowsIn (tx: Transaction): Promise<KeyRow[]> {
  const rows = await tx.signingKey.findMany({ orderBy: [{ activatesAt: 'desc' }, { id: 'asc' }] })
  return rows as KeyRow[] // only services/tokens writes the algorithm
}

/** Encrypts the private part of a key for its row. */
export const sealPrivateKey = (box: SecretBox, id: string, pem: string): string =>
  box.encrypt(pem, secretContext(secretColumns.signingKey, id, id))

/**
 * Makes rows usable. Decrypting and parsing a key takes longer than reading it, so each key is parsed once.
 * @param own the key of LANGFLOW_PRIVATE_KEY
 */
export function createKeyParser (box: SecretBox, own: SigningKeyPair | undefined) {
  let parsed = new Map<string, Pick<SigningKey, 'sign' | 'accessHeader' | 'verify'>>()

  function privatePart ({ id, kid, privateKey }: KeyRow): string | undefined {
    if (privateKey === null) return kid === own?.kid ? own.privateKey : undefined
    try {
      return box.decrypt(privateKey, secretContext(secretColumns.signingKey, id, id))
    } catch (error) {
      if (error instanceof SecretUnreadable) return undefined // the next start creates another key
      throw error
    }
  }

  function parse (row: KeyRow) {
    const { kid, algorithm: alg, publicKey } = row
    const key = privatePart(row)
    return {
      sign: key === undefined
        ? undefined
        : {
            access: createTokenSigner({ alg, typ: 'at+jwt', kid, key }),
            identity: createTokenSigner({ alg, typ: 'JWT', kid, key })
          },
      accessHeader: headerOf(alg, 'at+jwt', kid),
      verify: createTokenVerifier({ alg, key: publicKey })
    }
  }

  return (rows: readonly KeyRow[]): SigningKey[] => {
    const entries = rows.map(row => {
      const id = `${row.id} ${row.privateKey ?? ''}`
      return [id, row, parsed.get(id) ?? parse(row)] as const
    })
    parsed = new Map(entries.map(([id, , functions]) => [id, functions]))
    return entries.map(([, { privateKey: _, ...row }, functions]) => ({ ...row, ...functions }))
  }
}
