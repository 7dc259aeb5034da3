import type { Static } from '@sinclair/typebox'
import type { Variable, VariableCreate, VariableUpdate } from '../../schemas/secrets/variables.ts'
import type { VariableView } from '../../services/secrets/variables.ts'
import { given } from '../common.ts'

/** A variable on the wire: what is named here and nothing else. */
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

/** A new variable in the service's words; Langflow's default type is Credential. */
export function toNewVariable ({ name, value, type, default_fields: fields }: Static<typeof VariableCreate>) {
  return { name, value, type: type ?? 'Credential', defaultFields: fields ?? [] } as const
}

/** Changes in the service's words; a null leaves alone. The id of the body is asked for, and the path's decides. */
export function toVariableChanges (body: Static<typeof VariableUpdate>) {
  return {
    name: given(body.name),
    value: given(body.value),
    type: given(body.type),
    defaultFields: given(body.default_fields)
  }
}
