import { Type } from '@sinclair/typebox'
import type { VariableType } from '../../services/secrets/variables.ts'
import { Id, Maybe, Nullable } from '../common.ts'

const types = ['Generic', 'Credential'] as const satisfies VariableType[]

// policy/variables.ts validates names and values. These limits inform clients and reject extreme values early.
const Name = Type.String({ maxLength: 255, examples: ['OPENAI_API_KEY'] })

const Value = Type.String({ maxLength: 32_768, description: 'At most 32 KiB in UTF-8.' })

const DefaultFields = Nullable(Type.Array(Type.String({ maxLength: 255 }), {
  maxItems: 100, description: 'Component fields for which this variable is suggested.'
}))

const KindOfVariable = Type.Optional(Type.Unsafe<VariableType | null>({
  type: ['string', 'null'], enum: [...types, null], title: 'VariableType',
  description: 'A Credential is encrypted and never shown.'
}))

export const Variable = Type.Object({
  id: Id,
  name: Type.String(),
  type: Type.String(),
  value: Nullable(Type.String({ description: 'Null for a Credential.' })),
  default_fields: Type.Array(Type.String()),
  has_value: Type.Boolean({ description: 'False when the value cannot be read.' }),
  is_owner: Type.Boolean(),
  can_manage_shares: Type.Boolean(),
  validation_error: Nullable(Type.String({ description: 'Why the value cannot be read.' })),
  is_valid: Nullable(Type.Boolean({ description: 'False when the value cannot be read, else null.' }))
}, { title: 'Variable' })

export const VariableList = Type.Array(Variable)

export const VariableCreate = Type.Object({
  name: Name,
  value: Value,
  type: KindOfVariable,
  default_fields: DefaultFields
}, { title: 'VariableCreate' })

export const VariableUpdate = Type.Object({
  id: Id,
  name: Maybe(Name),
  value: Maybe(Value),
  type: KindOfVariable,
  default_fields: Type.Optional(DefaultFields)
}, { title: 'VariableUpdate' })

export const VariableValue = Type.Object({
  id: Id, name: Type.String(), value: Type.String()
}, { title: 'VariableValue' })

export const VariableParams = Type.Object({ variable_id: Id })
