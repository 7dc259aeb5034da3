import { Type } from '@sinclair/typebox'

export const Health = Type.Object({ status: Type.Literal('ok') }, { title: 'Health' })

export const HealthCheck = Type.Object({
  status: Type.Literal('ok'), chat: Type.Literal('ok'), db: Type.Literal('ok')
}, { title: 'HealthCheck' })

export const Version = Type.Object({
  version: Type.String({ description: 'The version of Langflow whose API is implemented.' }),
  main_version: Type.String(),
  package: Type.String(),
  server: Type.String({ description: 'The name of this server.' }),
  server_version: Type.String()
}, { title: 'Version' })

export const ClientConfig = Type.Object({
  type: Type.String({ description: '`public` without credentials, `full` with credentials.' }),
  feature_flags: Type.Object({}),
  frontend_timeout: Type.Integer(),
  auto_saving: Type.Boolean(),
  auto_saving_interval: Type.Integer(),
  health_check_max_retries: Type.Integer(),
  max_file_size_upload: Type.Integer(),
  event_delivery: Type.String(),
  webhook_polling_interval: Type.Integer(),
  public_flow_cleanup_interval: Type.Integer(),
  public_flow_expiration: Type.Integer(),
  serialization_max_items_length: Type.Integer(),
  serialization_max_text_length: Type.Integer(),
  auto_login: Type.Boolean({ description: 'Whether `GET /api/v1/auto_login` signs visitors in.' }),
  signup_enabled: Type.Boolean({ description: 'Whether sign-up is enabled.' }),
  webhook_auth_enable: Type.Optional(Type.Boolean()),
  default_folder_name: Type.Optional(Type.String())
}, { title: 'ClientConfig' })
