import type { SecretBox } from '../../crypto/secret-box.ts'
import type { Database, Db, Transaction } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import type { Clock } from '../upkeep/clock.ts'
import { takeLock } from '../upkeep/locks.ts'
import { countSealedWith } from './secret-rows.ts'

const canaryText = 'flowgate'
const canaryContext = (keyId: string) => `secret_keys:${keyId}`

type Registered = { keyId: string, canary: string, retiredAt: Date | null }

const readRegister = {
  name: 'flowgate_read_keys', text: 'SELECT key_id AS "keyId", canary, retired_at AS "retiredAt" FROM secret_keys'
}

/** An older key that is configured, and the number of stored secrets that need it. */
export type PreviousKey = { keyId: string, rows: number }

type Dependencies = { db: Db, run: Database['run'], box: SecretBox, clock: Clock }

/** Compares the configured secret keys with those the database was encrypted with. */
export function createKeyring ({ db, run, box, clock }: Dependencies) {
  const opens = ({ keyId, canary }: Registered) => {
    try {
      return box.decrypt(canary, canaryContext(keyId)) === canaryText
    } catch {
      return false
    }
  }

  const register = (tx: Transaction) => tx.secretKey.upsert({
    where: { keyId: box.keyId },
    create: { keyId: box.keyId, canary: box.encrypt(canaryText, canaryContext(box.keyId)) },
    update: { retiredAt: null }
  })

  /** @throws SetupError if none of the configured keys is active in the database */
  function requireKnown (registered: Registered[]) {
    const current = registered.find(({ keyId }) => keyId === box.keyId)
    if (current && !opens(current)) throw foreignKey(box.keyIds, registered)
    if (registered.length === 0 || registered.some(key => key.retiredAt === null && opens(key))) return
    throw current ? retiredKey(box.keyId, registered) : foreignKey(box.keyIds, registered)
  }

  async function requireNeeded (tx: Transaction, registered: Registered[]) {
    const missing = registered.map(({ keyId }) => keyId).filter(keyId => !box.keyIds.includes(keyId))
    const needed = [...await countSealedWith(tx, missing)].filter(([, rows]) => rows > 0)
    if (needed.length > 0) throw missingKeys(box.keyIds, needed)
  }

  async function previousKeys (tx: Transaction): Promise<PreviousKey[]> {
    const counts = await countSealedWith(tx, box.keyIds.filter(keyId => keyId !== box.keyId))
    return [...counts].map(([keyId, rows]) => ({ keyId, rows }))
  }

  /**
   * Whether the configured key is the only one that was ever used. This is the usual case; nothing else needs to be
   * checked then.
   */
  async function isOnlyKey (): Promise<boolean> {
    const [only, ...others] = await run<Registered>(readRegister, [])
    if (!only || others.length > 0 || box.keyIds.length > 1) return false
    return only.keyId === box.keyId && only.retiredAt === null && opens(only)
  }

  return {
    /**
     * Registers the first key of an empty database, and a new key that is configured together with a known one.
     * @param allowMissing whether keys that stored secrets need may be missing, for processes that serve no requests
     * @returns the configured older keys, with the number of secrets that need them
     * @throws SetupError if the configured keys do not match the database
     */
    async check ({ allowMissing = false } = {}): Promise<PreviousKey[]> {
      if (await isOnlyKey()) return []
      return db.$transaction(async tx => {
        await takeLock(tx, 'firstBoot')
        const registered = await tx.secretKey.findMany({ orderBy: { createdAt: 'asc' } })
        requireKnown(registered)
        if (!allowMissing) await requireNeeded(tx, registered)
        const current = registered.find(({ keyId }) => keyId === box.keyId)
        if (!current || current.retiredAt) await register(tx)
        return previousKeys(tx)
      })
    },

    /** The same check without changing the database. @throws SetupError as `check` does */
    async inspect (): Promise<PreviousKey[]> {
      return db.$transaction(async tx => {
        const registered = await tx.secretKey.findMany({ orderBy: { createdAt: 'asc' } })
        requireKnown(registered)
        await requireNeeded(tx, registered)
        return previousKeys(tx)
      })
    },

    /** Retires the older keys that no stored secret needs. @returns their ids */
    async retireUnneeded (): Promise<string[]> {
      return db.$transaction(async tx => {
        await takeLock(tx, 'firstBoot')
        const older = await tx.secretKey.findMany({ where: { retiredAt: null, keyId: { not: box.keyId } } })
        const counts = await countSealedWith(tx, older.map(({ keyId }) => keyId))
        const unneeded = [...counts].filter(([, rows]) => rows === 0).map(([keyId]) => keyId)
        await tx.secretKey.updateMany({ where: { keyId: { in: unneeded } }, data: { retiredAt: clock() } })
        return unneeded
      })
    },

    /**
     * Removes a key from the registry.
     * @param isLost abandons the secrets encrypted with it: they stay unreadable, and later boots do not require the
     * key
     * @returns the number of abandoned secrets
     * @throws SetupError if stored secrets need the key, or it is the current one, or it is not registered
     */
    async forget (keyId: string, { isLost }: { isLost: boolean }): Promise<number> {
      if (keyId === box.keyId) throw inUse(keyId)
      return db.$transaction(async tx => {
        await takeLock(tx, 'firstBoot')
        const rows = (await countSealedWith(tx, [keyId])).get(keyId) ?? 0
        if (rows > 0 && !isLost) throw stillNeeded(keyId, rows)
        const { count } = await tx.secretKey.deleteMany({ where: { keyId } })
        if (count === 0) throw unknownKey(keyId)
        return rows
      })
    },

    /** All registered keys, the oldest first. */
    registered: () => db.secretKey.findMany({
      select: { keyId: true, retiredAt: true }, orderBy: { createdAt: 'asc' }
    })
  }
}

export type Keyring = ReturnType<typeof createKeyring>

const plural = (count: number) => count === 1 ? '1 stored secret' : `${count} stored secrets`
const listed = (keyIds: readonly string[]) => keyIds.join(' and ')

const lostRemedy =
  'If a key is lost for good, `npx flowgate secrets forget KEY_ID --lost` abandons the secrets encrypted with it.'

function foreignKey (found: readonly string[], registered: Registered[]): SetupError {
  const active = registered.filter(({ retiredAt }) => retiredAt === null).map(({ keyId }) => keyId)
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `this database is encrypted with key ${active.join(' or ')}, but the configured key is ${listed(found)}`,
    remedy: 'Give every replica the same LANGFLOW_SECRET_KEY. To change the key, set the new one and put the old ' +
      'one in LANGFLOW_SECRET_KEY_PREVIOUS. A generated key is kept in LANGFLOW_CONFIG_DIR/secret_key. ' + lostRemedy
  }])
}

function retiredKey (found: string, registered: Registered[]): SetupError {
  const active = registered.filter(({ retiredAt }) => retiredAt === null).map(({ keyId }) => keyId)
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `the configured key ${found} is retired: the stored secrets are encrypted with ${active.join(' or ')}`,
    remedy: 'Give this replica the LANGFLOW_SECRET_KEY of the others. To go back to the old key, put the current one ' +
      'in LANGFLOW_SECRET_KEY_PREVIOUS.'
  }])
}

function missingKeys (found: readonly string[], needed: Array<[keyId: string, rows: number]>): SetupError {
  return new SetupError(needed.map(([keyId, rows]) => ({
    subject: 'LANGFLOW_SECRET_KEY_PREVIOUS',
    problem: `${plural(rows)} can only be decrypted with the key ${keyId}, but the configured key is ${listed(found)}`,
    remedy: `Add the key ${keyId} to LANGFLOW_SECRET_KEY_PREVIOUS (if it is the newer key: set it as ` +
      'LANGFLOW_SECRET_KEY and the present one as LANGFLOW_SECRET_KEY_PREVIOUS), start, and run ' +
      '`npx flowgate secrets rotate`. `npx flowgate secrets status` shows when it can be removed. ' + lostRemedy
  })))
}

function stillNeeded (keyId: string, rows: number): SetupError {
  return new SetupError([{
    subject: keyId,
    problem: `${plural(rows)} can only be decrypted with this key`,
    remedy: 'Run `npx flowgate secrets rotate` with the key in LANGFLOW_SECRET_KEY_PREVIOUS; if it is lost, ' +
      'add --lost to abandon them.'
  }], { exitCode: 1 })
}

function inUse (keyId: string): SetupError {
  return new SetupError([{
    subject: keyId,
    problem: 'is the current key',
    remedy: 'Set another LANGFLOW_SECRET_KEY first, with this one in LANGFLOW_SECRET_KEY_PREVIOUS.'
  }], { exitCode: 1 })
}

function unknownKey (keyId: string): SetupError {
  return new SetupError([{
    subject: keyId, problem: 'is not a registered key of this database', remedy: 'See `npx flowgate secrets status`.'
  }], { exitCode: 1 })
}
