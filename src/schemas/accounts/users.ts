import { Type } from '@sinclair/typebox'
import { Id, Maybe, Nullable, Storable, Timestamp } from '../common.ts'

/** Opt-ins of the web client. */
const Optins = Type.Record(Type.String({ pattern: '^[\\w.-]{1,64}$' }), Type.Boolean(), {
  maxProperties: 32, additionalProperties: false
})

const ProfileImage = Storable({ maxLength: 512 })

export const User = Type.Object({
  id: Id,
  username: Type.String(),
  profile_image: Nullable(Type.String()),
  store_api_key: Nullable(Type.String({ description: 'Always null. The server does not return the store key.' })),
  is_active: Type.Boolean(),
  is_superuser: Type.Boolean(),
  create_at: Timestamp,
  updated_at: Timestamp,
  last_login_at: Nullable(Timestamp),
  optins: Type.Record(Type.String(), Type.Boolean())
}, { title: 'User' })

export const UserCreate = Type.Object({
  username: Type.String({ maxLength: 1024, examples: ['ada'] }),
  password: Type.String({ maxLength: 4096, examples: ['a long pass phrase'] })
}, { title: 'UserCreate' })

export const UserUpdate = Type.Object({
  username: Maybe(Type.String({ maxLength: 1024 })),
  password: Maybe(Type.String({ maxLength: 4096 })),
  keep_api_keys: Maybe(Type.Boolean({
    description: 'With `password`: the API keys of the account stay active. By default they are deactivated.'
  })),
  profile_image: Maybe(ProfileImage),
  is_active: Maybe(Type.Boolean()),
  is_superuser: Maybe(Type.Boolean()),
  optins: Maybe(Optins)
}, { title: 'UserUpdate' })

export const PasswordChange = Type.Object({
  current_password: Type.Optional(Type.String({
    maxLength: 4096, description: 'Required unless LANGFLOW_REQUIRE_CURRENT_PASSWORD is off.'
  })),
  password: Type.String({ maxLength: 4096 })
}, { title: 'PasswordChange' })

export const sorts = ['username', 'create_at', 'last_login_at', 'is_active', 'is_superuser'] as const

const Sort = Type.Unsafe<typeof sorts[number] | `-${typeof sorts[number]}`>({
  type: 'string',
  enum: sorts.flatMap(name => [name, `-${name}`]),
  default: 'username',
  description: 'The order; `-` reverses it. Accounts that never signed in sort before all others.'
})

export const UserListQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 10 }),
  search: Type.Optional(Storable({ maxLength: 256, description: 'Part of a username. Case is ignored.' })),
  sort: Sort,
  waiting: Type.Boolean({ default: false, description: 'Only accounts that are pending approval.' })
})

export const UserList = Type.Object({
  total_count: Type.Integer(),
  users: Type.Array(User)
}, { title: 'UserList' })

export const UserParams = Type.Object({ user_id: Id })
