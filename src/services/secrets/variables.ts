import type { SecretBox } from '../../crypto/secret-box.ts'
import { type Db, type Prisma, type Transaction } from '../../db.ts'
import {
  CredentialNeedsValue, EmptyVariable, TooManyVariables, UnfitField, VariableNotFound
} from '../../errors.ts'
import { isHiddenVariable, variableNameProblem, variableValueProblem } from '../../policy/variables.ts'
import type { Caller } from '../access/principal.ts'
import type { EventSink } from '../audit/sink.ts'
import type { Clock } from '../upkeep/clock.ts'
import { lockVariable, lockOwnAccount } from '../upkeep/locks.ts'
import { secretColumns, secretContext } from './secret-columns.ts'
import { refusingTaken } from '../upkeep/taken.ts'
import { describeUnreadable, openOrExplain } from './unreadable.ts'

export type VariableType = 'Generic' | 'Credential'

/** A variable as its owner sees it: a Credential without its value, and why the value cannot be read. */
export type VariableView = {
  id: string
  name: string
  type: string
  defaultFields: string[]
  plainValue: string | null
  /** Why its value cannot be read. */
  problem: string | undefined
}

export type NewVariable = { name: string, value: string, type: VariableType, defaultFields: string[] }
export type VariableChanges = { [K in keyof NewVariable]?: NewVariable[K] | undefined }

type Dependencies = {
  db: Db, events: EventSink, clock: Clock, box: SecretBox, newId: () => string, maxVariablesPerAccount: number
}

const columns = {
  id: true, name: true, type: true, defaultFields: true, plainValue: true, sealedValue: true
} as const satisfies Prisma.VariableSelect

type Row = Prisma.VariableGetPayload<{ select: typeof columns }>

const contextOf = (id: string, userId: string) => secretContext(secretColumns.variableValue, id, userId)

/** The columns of a value: encrypted for a Credential, plain for a Generic variable. */
export function valueColumns (box: SecretBox, type: VariableType, value: string, id: string, userId: string) {
  return type === 'Credential'
    ? { plainValue: null, sealedValue: box.encrypt(value, contextOf(id, userId)) }
    : { plainValue: value, sealedValue: null }
}

function check ({ name, value, defaultFields = [] }: VariableChanges) {
  const nameProblem = name === undefined ? undefined : variableNameProblem(name)
  if (nameProblem) throw new UnfitField('name', nameProblem)
  const valueProblem = value === undefined ? undefined : variableValueProblem(value)
  if (valueProblem) throw new UnfitField('value', valueProblem)
  const fieldProblem = defaultFields.map(variableNameProblem).find(Boolean)
  if (fieldProblem) throw new UnfitField('default_fields', fieldProblem)
}

/** Langflow has a message for each combination of empty members. */
function refuseEmpty (name: string, value: string) {
  const empty = [name.trim() === '' && 'name', value === '' && 'value'].filter(Boolean)
  if (empty.length > 0) throw new EmptyVariable(`Variable ${empty.join(' and ')} cannot be empty`)
}

/** Named values of an account. Only `readValue` returns the value of a Credential. */
export function createVariables ({ db, events, clock, box, newId, maxVariablesPerAccount }: Dependencies) {
  /**
   * Checks the HMAC of a Credential. 500 rows take 2 ms, or 33 ms at their maximum length; decryption would take 20
   * times as long and hold every value in memory.
   */
  function view ({ sealedValue, ...row }: Row): VariableView {
    const problem = sealedValue === null ? undefined : box.problemOf(sealedValue)
    return { ...row, problem: problem && describeUnreadable(problem) }
  }

  async function keepBound (tx: Transaction, userId: string) {
    await lockOwnAccount(tx, userId)
    const count = await tx.variable.count({ where: { userId } })
    if (count >= maxVariablesPerAccount) {
      throw new TooManyVariables(`An account may have ${maxVariablesPerAccount} variables`)
    }
  }

  return {
    /**
     * Creates a variable.
     * @throws EmptyVariable, VariableNameTaken, TooManyVariables, or UnfitField naming what is wrong
     */
    async create (userId: string, variable: NewVariable): Promise<VariableView> {
      const { name, value, type, defaultFields } = variable
      refuseEmpty(name, value)
      check(variable)
      const id = newId()
      const now = clock()
      const stored = valueColumns(box, type, value, id, userId)
      return refusingTaken(() => db.$transaction(async tx => {
        await keepBound(tx, userId)
        return view(await tx.variable.create({
          data: { id, userId, name, type, defaultFields, ...stored, createdAt: now, updatedAt: now }, select: columns
        }))
      }))
    },

    /** The variables of an account, ordered by name, without the hidden ones. */
    async list (userId: string): Promise<VariableView[]> {
      const rows = await db.variable.findMany({
        where: { userId }, orderBy: [{ name: 'asc' }, { id: 'asc' }], select: columns
      })
      return rows.filter(({ name }) => !isHiddenVariable(name)).map(view)
    },

    /**
     * Changes a variable. An empty value leaves the value unchanged: Langflow's web client sends one with every edit of
     * a Credential. A Credential becomes Generic only with a new value, so that the old one stays secret.
     * @throws VariableNotFound, VariableNameTaken, CredentialNeedsValue, EmptyVariable or UnfitField
     */
    async update (userId: string, id: string, changes: VariableChanges): Promise<VariableView> {
      const { name, type, defaultFields } = changes
      const value = changes.value || undefined
      refuseEmpty(name ?? 'kept', 'kept')
      check(changes)
      return refusingTaken(() => db.$transaction(async tx => {
        await lockVariable(tx, id, userId)
        const row = await tx.variable.findFirst({ where: { id, userId }, select: columns })
        if (!row) throw new VariableNotFound()
        const nextType = type ?? (row.type === 'Generic' ? 'Generic' : 'Credential')
        const nextValue = value ?? row.plainValue ?? undefined
        if (row.type === 'Credential' && nextType === 'Generic' && nextValue === undefined) {
          throw new CredentialNeedsValue()
        }
        const stored = nextValue === undefined ? {} : valueColumns(box, nextType, nextValue, id, userId)
        return view(await tx.variable.update({
          where: { id, userId },
          data: { name, defaultFields, type: nextType, ...stored, updatedAt: clock() },
          select: columns
        }))
      }))
    },

    /** Deletes a variable. It does not need to be readable. @throws VariableNotFound */
    async remove (userId: string, id: string): Promise<void> {
      const { count } = await db.variable.deleteMany({ where: { id, userId } })
      if (count === 0) throw new VariableNotFound()
    },

    /** Reads the value of a variable of any type. @throws VariableNotFound or UnreadableSecret */
    async readValue (caller: Caller, id: string): Promise<{ id: string, name: string, value: string }> {
      const { id: userId } = caller.actor.user
      const row = await db.variable.findFirst({ where: { id, userId }, select: columns })
      if (!row) throw new VariableNotFound()
      const { name, plainValue, sealedValue } = row
      const value = plainValue ?? openOrExplain(`variable ${JSON.stringify(name)}`,
        () => box.decrypt(sealedValue ?? '', contextOf(id, userId)))
      events.record(undefined, caller, 'secret_read', { variable: id })
      return { id, name, value }
    }
  }
}

export type Variables = ReturnType<typeof createVariables>
