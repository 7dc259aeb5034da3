/** The configuration for front ends. Flowgate runs no flows, so these are Langflow's defaults. */
export const publicClientConfig = {
  type: 'public',
  feature_flags: {},
  frontend_timeout: 0,
  auto_saving: true,
  auto_saving_interval: 1000,
  health_check_max_retries: 5,
  max_file_size_upload: 100,
  event_delivery: 'polling',
  webhook_polling_interval: 5000,
  public_flow_cleanup_interval: 3600,
  public_flow_expiration: 86_400,
  serialization_max_items_length: 1000,
  serialization_max_text_length: 20_000
} as const

/** The same for authenticated requests. */
export const fullClientConfig = {
  ...publicClientConfig, type: 'full', webhook_auth_enable: true, default_folder_name: 'Starter Project'
} as const
