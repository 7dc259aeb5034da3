import { createTokenSigner, createTokenVerifier, headerOf, type SignToken, type VerifyToken } from '../../crypto/jwt.ts'
import { type SecretBox, SecretUnreadable } from '../../crypto/secret-box.ts'
import {
  type PublicJwk, readSigningKey, type SigningAlgorithm, type SigningKeyPair, toPublicJwk
} from '../../crypto/signing-keys.ts'
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
  jwk: PublicJwk
}>

/** Parses rows. Those that are damaged are missing in the result. */
export type ParseKeys = (rows: readonly KeyRow[]) => SigningKey[]

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
 * @param onDamaged called once for a row that cannot be parsed, for example because it was changed by hand
 */
export function createKeyParser (
  box: SecretBox, own: SigningKeyPair | undefined, onDamaged: (kid: string, cause: unknown) => void
): ParseKeys {
  let parsed = new Map<string, Pick<SigningKey, 'sign' | 'accessHeader' | 'verify' | 'jwk'> | undefined>()

  function privatePart ({ id, kid, privateKey }: KeyRow): string | undefined {
    if (privateKey === null) return kid === own?.kid ? own.privateKey : undefined
    try {
      return box.decrypt(privateKey, secretContext(secretColumns.signingKey, id, id))
    } catch (error) {
      if (error instanceof SecretUnreadable) return undefined // another key is created
      throw error
    }
  }

  function parse (row: KeyRow) {
    const { kid, algorithm: alg, publicKey } = row
    const key = privatePart(row)
    if (key !== undefined && readSigningKey(key).publicKey !== publicKey) throw new Error('the two parts differ')
    return {
      sign: key === undefined
        ? undefined
        : {
            access: createTokenSigner({ alg, typ: 'at+jwt', kid, key }),
            identity: createTokenSigner({ alg, typ: 'JWT', kid, key })
          },
      accessHeader: headerOf(alg, 'at+jwt', kid),
      verify: createTokenVerifier({ alg, key: publicKey }),
      jwk: toPublicJwk({ kid, publicKey, algorithm: alg })
    }
  }

  function tryToParse (row: KeyRow) {
    try {
      return parse(row)
    } catch (cause) {
      onDamaged(row.kid, cause)
      return undefined
    }
  }

  return rows => {
    const entries = rows.map(row => {
      const { id, kid, algorithm, publicKey, privateKey } = row
      const text = [id, kid, algorithm, publicKey, privateKey].join(' ')
      return [text, row, parsed.has(text) ? parsed.get(text) : tryToParse(row)] as const
    })
    parsed = new Map(entries.map(([text, , functions]) => [text, functions]))
    return entries.flatMap(([, { privateKey: _, ...row }, functions]) => functions ? [{ ...row, ...functions }] : [])
  }
}
