import { Type } from '@sinclair/typebox'
import { Id } from '../common.ts'

/** A list of resources that Flowgate does not have. */
export const Nothing = Type.Array(Type.Unsafe<never>({}), { maxItems: 0, title: 'Nothing' })

/** Types of components by category. Flowgate has none. */
export const ComponentTypes = Type.Object({}, { title: 'ComponentTypes' })

export const StoreState = Type.Object({ enabled: Type.Boolean() }, { title: 'StoreState' })

export const StoreKeyState = Type.Object({
  has_api_key: Type.Boolean(), is_valid: Type.Boolean()
}, { title: 'StoreKeyState' })

export const StoreComponents = Type.Object({
  count: Type.Integer(), authorized: Type.Boolean(), results: Nothing
}, { title: 'StoreComponents' })

export const ProfilePictures = Type.Object({ files: Nothing }, { title: 'ProfilePictures' })

export const PermissionsRequest = Type.Object({
  resource_type: Type.String({ maxLength: 64, examples: ['flow'] }),
  resource_ids: Type.Array(Id, { maxItems: 500 }),
  actions: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }))
}, { title: 'PermissionsRequest' })

export const Permissions = Type.Object({
  resource_type: Type.String(),
  permissions: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'The permitted actions, by ID.' })
}, { title: 'PermissionAnswer' })
