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

/** An older key that is configured, and how many stored secrets still need it. */
export type PreviousKey = { keyId: string, rows: number }

type Dependencies = { db: Db, run: Database['run'], box: SecretBox, clock: Clock }

/** Holds the secret keys a process was given against those the database has been used with. */
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

  /** @throws SetupError when no key that was given is one the database lives by */
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

  /** Whether our key is the only one there ever was: mostly so, and then boot has nothing to count and to note. */
  async function isOnlyKey (): Promise<boolean> {
    const [only, ...others] = await run<Registered>(readRegister, [])
    if (!only || others.length > 0 || box.keyIds.length > 1) return false
    return only.keyId === box.keyId && only.retiredAt === null && opens(only)
  }

  return {
    /**
     * Registers the first key of an empty database, and a new one that comes together with a key known already.
     * @param allowMissing a process that serves nobody may do without keys that stored secrets need
     * @returns the older keys that are configured, with what still needs them
     * @throws SetupError when the keys given are not those that open what the database holds
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

    /**
     * The same look, without a trace in the database.
     * @throws SetupError as `check` does
     */
    async inspect (): Promise<PreviousKey[]> {
      return db.$transaction(async tx => {
        const registered = await tx.secretKey.findMany({ orderBy: { createdAt: 'asc' } })
        requireKnown(registered)
        await requireNeeded(tx, registered)
        return previousKeys(tx)
      })
    },

    /** Retires every older key that no stored secret needs, and says which. */
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
     * Strikes a key off the register.
     * @param isLost gives up what is sealed with it: it stays where it is, unreadable, and no boot asks for it again
     * @returns how many secrets are given up
     * @throws SetupError when stored secrets need it, it is the current one, or it is not in the register
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

    /** Every key the database has been used with, the oldest first. */
    registered: () => db.secretKey.findMany({
      select: { keyId: true, retiredAt: true }, orderBy: { createdAt: 'asc' }
    })
  }
}

export type Keyring = ReturnType<typeof createKeyring>

const plural = (count: number) => count === 1 ? '1 stored secret' : `${count} stored secrets`
const listed = (keyIds: readonly string[]) => keyIds.join(' and ')

const lostRemedy = 'If a key is lost for good, `npx flowgate secrets forget KEY_ID --lost` gives up what it sealed.'

function foreignKey (found: readonly string[], registered: Registered[]): SetupError {
  const active = registered.filter(({ retiredAt }) => retiredAt === null).map(({ keyId }) => keyId)
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `this database lives by the key ${active.join(' or ')}, but what was given is ${listed(found)}`,
    remedy: 'Give every replica the same LANGFLOW_SECRET_KEY. To change the key, set the new one and put the old ' +
      'one in LANGFLOW_SECRET_KEY_PREVIOUS. A generated key is kept in LANGFLOW_CONFIG_DIR/secret_key. ' + lostRemedy
  }])
}

function retiredKey (found: string, registered: Registered[]): SetupError {
  const active = registered.filter(({ retiredAt }) => retiredAt === null).map(({ keyId }) => keyId)
  return new SetupError([{
    subject: 'LANGFLOW_SECRET_KEY',
    problem: `the key given, ${found}, is retired: the stored secrets were moved to ${active.join(' or ')}`,
    remedy: 'Give this replica the LANGFLOW_SECRET_KEY of the others. To go back to the old key, put the present one ' +
      'in LANGFLOW_SECRET_KEY_PREVIOUS.'
  }])
}

function missingKeys (found: readonly string[], needed: Array<[keyId: string, rows: number]>): SetupError {
  return new SetupError(needed.map(([keyId, rows]) => ({
    subject: 'LANGFLOW_SECRET_KEY_PREVIOUS',
    problem: `${plural(rows)} can be opened only with the key ${keyId}, but what was given is ${listed(found)}`,
    remedy: `Add the key ${keyId} to LANGFLOW_SECRET_KEY_PREVIOUS (if it is the newer one, it belongs in ` +
      'LANGFLOW_SECRET_KEY and the one given now into LANGFLOW_SECRET_KEY_PREVIOUS), start, and run ' +
      '`npx flowgate secrets rotate`; `npx flowgate secrets status` says when it may go. ' + lostRemedy
  })))
}

function stillNeeded (keyId: string, rows: number): SetupError {
  return new SetupError([{
    subject: keyId,
    problem: `${plural(rows)} can be opened only with this key`,
    remedy: 'Run `npx flowgate secrets rotate` with the key in LANGFLOW_SECRET_KEY_PREVIOUS; if it is lost, ' +
      'say --lost to give them up.'
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
    subject: keyId, problem: 'is no key this database knows', remedy: 'See `npx flowgate secrets status`.'
  }], { exitCode: 1 })
}
