import type { Static } from '@sinclair/typebox'
import type { Variable, VariableCreate, VariableUpdate } from '../../schemas/secrets/variables.ts'
import type { VariableView } from '../../services/secrets/variables.ts'
import { given } from '../common.ts'

/** A variable as the API returns it. */
export function presentVariable ({ problem, ...row }: VariableView): Static<typeof Variable> {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    value: row.plainValue,
    default_fields: row.defaultFields,
    has_value: problem === undefined,
    is_owner: true,
    can_manage_shares: true,
    validation_error: problem ?? null,
    is_valid: problem === undefined ? null : false
  }
}

/** Converts a new variable. Langflow's default type is Credential. */
export function toNewVariable ({ name, value, type, default_fields: fields }: Static<typeof VariableCreate>) {
  return { name, value, type: type ?? 'Credential', defaultFields: fields ?? [] } as const
}

/**
 * Converts changes. `null` leaves a member unchanged. Langflow requires an id in the body; the one in the path is used.
 */
export function toVariableChanges (body: Static<typeof VariableUpdate>) {
  return {
    name: given(body.name),
    value: given(body.value),
    type: given(body.type),
    defaultFields: given(body.default_fields)
  }
}
