import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/** Metadata of a setting, in addition to its type. */
type Facts = {
  group: string
  description: string
  /** Masked in all output; can be read from the file named by `NAME_FILE`. */
  secret?: true
  /** Can be read from the file named by `NAME_FILE`, although it is not secret. */
  file?: true
  /** The value has several lines: a PEM document. */
  lines?: true
  /** A value with stray characters around it is refused, not cleaned. */
  exact?: true
  /** A path of a file or a folder: resolved to an absolute path, with a leading `~` expanded. */
  path?: true
  /** An address to listen on. An IPv6 address may have the brackets of a URL. */
  host?: true
  example?: string
}

/** A setting without a default. */
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const flag = (value: boolean, facts: Facts) => Type.Boolean({ default: value, ...facts })
const integer = (value: number, minimum: number, maximum: number, facts: Facts) =>
  Type.Integer({ default: value, minimum, maximum, ...facts })
/** `form` describes `pattern` in error messages. */
type TextFacts = Facts & { default?: string, minLength?: number, maxLength?: number, pattern?: string, form?: string }
const text = (facts: TextFacts) => Type.String(facts)
/** `aliases` maps Langflow's names of values to ours. */
const oneOf = <T extends string>(values: readonly T[], value: T, facts: Facts & { aliases?: Record<string, T> }) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], default: value, ...facts })
const list = (value: string[], facts: Facts) => Type.Array(Type.String({ minLength: 1 }), { default: value, ...facts })

const sameSites = ['lax', 'strict', 'none'] as const
const secureModes = ['auto', 'true', 'false'] as const
const prettyModes = ['auto', 'true', 'false'] as const
const identityAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const
const algorithms = ['HS256', 'RS256', 'RS512', 'ES256', 'EdDSA'] as const
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** All settings: names, types, bounds, defaults and descriptions. */
export const Settings = Type.Object({
  LANGFLOW_AUTO_LOGIN: flag(true, {
    group: 'Sign-in',
    description: 'Whether `GET /api/v1/auto_login` signs in every visitor as the superuser, without a sign-in page.'
  }),
  LANGFLOW_SKIP_AUTH_AUTO_LOGIN: flag(false, {
    group: 'Sign-in',
    description: 'With auto login: whether requests without credentials act as the superuser.'
  }),
  LANGFLOW_SUPERUSER: text({
    group: 'Sign-in',
    default: 'langflow',
    minLength: 1,
    maxLength: 64,
    description: 'Username of the first superuser, which the first start on a new database creates.'
  }),
  LANGFLOW_SUPERUSER_PASSWORD: text({
    group: 'Sign-in',
    default: 'langflow',
    minLength: 1,
    maxLength: 256,
    secret: true,
    example: 'a long password of your own',
    description: 'Password of the first superuser. Not used after that. A public server refuses the default.'
  }),
  LANGFLOW_NEW_USER_IS_ACTIVE: flag(false, {
    group: 'Sign-in',
    description: 'Whether new accounts are active. Otherwise a superuser must approve them.'
  }),
  LANGFLOW_ENABLE_SIGNUP: optional(Type.Boolean({
    group: 'Sign-in',
    description: 'Whether anyone may sign up. If not set: true without auto login, false with it.'
  })),
  LANGFLOW_MAX_PENDING_ACCOUNTS: integer(1000, 1, 1_000_000, {
    group: 'Sign-in',
    description: 'Maximum number of accounts that are pending approval.'
  }),
  LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: integer(3600, 10, 86_400, {
    group: 'Sign-in',
    description: 'Lifetime of an access token, in seconds.'
  }),
  LANGFLOW_REFRESH_TOKEN_EXPIRE_SECONDS: integer(604_800, 60, 31_536_000, {
    group: 'Sign-in',
    description: 'Lifetime of a refresh token, in seconds. A session that is not refreshed within this time ends.'
  }),
  LANGFLOW_SESSION_EXPIRE_SECONDS: integer(2_592_000, 60, 31_536_000, {
    group: 'Sign-in',
    description: 'Maximum lifetime of a session, in seconds. Refreshing does not extend it.'
  }),
  LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: integer(1000, 1, 100_000, {
    group: 'Sign-in',
    description: 'Maximum number of open sessions of an account. A further sign-in ends the oldest session.'
  }),
  LANGFLOW_REQUIRE_CURRENT_PASSWORD: flag(true, {
    group: 'Passwords',
    description: 'Whether users must send their current password to change it. The web client of Langflow 1.3 does not.'
  }),
  LANGFLOW_PASSWORD_MEMORY_KIB: integer(19_456, 8192, 1_048_576, {
    group: 'Passwords',
    description: 'Argon2id memory of one hash, in KiB. Existing hashes are updated at the next sign-in.'
  }),
  LANGFLOW_PASSWORD_ITERATIONS: integer(2, 1, 20, {
    group: 'Passwords',
    description: 'Argon2id passes over the memory.'
  }),
  LANGFLOW_PASSWORD_PARALLELISM: integer(1, 1, 16, {
    group: 'Passwords',
    description: 'Argon2id lanes (parallelism).'
  }),
  LANGFLOW_PASSWORD_CONCURRENCY: optional(Type.Integer({
    group: 'Passwords',
    minimum: 1,
    maximum: 1024,
    example: '4',
    description: 'Maximum number of passwords hashed at once. If not set: the number of CPU cores minus one.'
  })),
  LANGFLOW_PASSWORD_QUEUE_MAX: integer(64, 1, 10_000, {
    group: 'Passwords',
    description: 'Maximum number of sign-ins that wait for a hashing slot. Further ones get 503 with Retry-After.'
  }),
  LANGFLOW_RATE_LIMIT_ENABLED: flag(true, {
    group: 'Sign-in limits',
    description: 'Whether failed sign-ins, sign-ups and wrong current passwords are rate-limited.'
  }),
  LANGFLOW_RATE_LIMIT_PER_MINUTE: integer(5, 1, 10_000, {
    group: 'Sign-in limits',
    description: 'Failed sign-ins per minute for an account from one network. A network may have four times as many.'
  }),
  LANGFLOW_RATE_LIMIT_STORAGE_URI: optional(text({
    group: 'Sign-in limits',
    secret: true,
    pattern: '^(rediss?://.+|memory://)$',
    form: 'a URL that starts with redis:// or rediss://, or memory://',
    example: 'redis://127.0.0.1:6379/0',
    description: 'Redis that stores the counters. If not set, or `memory://` (Langflow\'s default): the database.'
  })),
  LANGFLOW_ALLOW_API_KEY_IN_QUERY: flag(false, {
    group: 'API keys',
    description: 'Whether API keys in the URL (`?x-api-key=`) are accepted. Logs and browser histories store URLs.'
  }),
  LANGFLOW_MAX_API_KEYS_PER_USER: integer(10_000, 1, 1_000_000, {
    group: 'API keys',
    description: 'Maximum number of API keys of an account.'
  }),
  LANGFLOW_API_KEY_MAX_DAYS: optional(Type.Integer({
    minimum: 1,
    maximum: 36_500,
    group: 'API keys',
    example: '90',
    description: 'Longest lifetime of a new API key, in days. Keys that are created without an expiry get this one. ' +
      'If not set: keys may be valid until they are deleted.'
  })),
  LANGFLOW_SECRET_KEY: optional(text({
    group: 'Keys',
    minLength: 1,
    secret: true,
    exact: true,
    example: 'output of `python3 -c "from secrets import token_urlsafe; print(token_urlsafe(32))"`',
    description: 'Encrypts stored secrets; a derived key signs tokens. If not set: generated in LANGFLOW_CONFIG_DIR.'
  })),
  LANGFLOW_SECRET_KEY_PREVIOUS: Type.Array(Type.String({ minLength: 1 }), {
    group: 'Keys',
    default: [],
    secret: true,
    exact: true,
    description: 'Previous secret keys, comma-separated. They decrypt and verify, but do not encrypt or sign.'
  }),
  LANGFLOW_ALGORITHM: oneOf(algorithms, 'HS256', {
    group: 'Keys',
    description: 'Algorithm of access tokens. HS256 signs with a key derived from LANGFLOW_SECRET_KEY. The others ' +
      'allow other services to verify tokens.'
  }),
  LANGFLOW_PRIVATE_KEY: optional(text({
    group: 'Keys',
    secret: true,
    lines: true,
    minLength: 1,
    example: 'a private key in PEM (PKCS#8 or PKCS#1)',
    description: 'Private key that signs access tokens, in PEM. If not set: keys are generated, stored encrypted in ' +
      'the database, and rotated.'
  })),
  LANGFLOW_PUBLIC_KEY: optional(text({
    group: 'Keys',
    file: true,
    lines: true,
    minLength: 1,
    example: 'the public key of LANGFLOW_PRIVATE_KEY in PEM',
    description: 'Public key of LANGFLOW_PRIVATE_KEY, in PEM. Not needed; a different key is an error.'
  })),
  LANGFLOW_IDENTITY_AUDIENCES: list([], {
    group: 'Keys',
    example: 'https://reports.example.org,langflow',
    description: 'Services for which clients can get identity tokens from `POST /oauth2/token`.'
  }),
  LANGFLOW_IDENTITY_ALGORITHM: oneOf(identityAlgorithms, 'RS256', {
    group: 'Keys',
    description: 'Algorithm of identity tokens.'
  }),
  LANGFLOW_SIGNING_KEY_DAYS: integer(90, 1, 3650, {
    group: 'Keys',
    description: 'Days for which a generated signing key signs before the next one replaces it.'
  }),
  LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: integer(500, 1, 100_000, {
    group: 'Variables',
    description: 'Maximum number of variables of an account.'
  }),
  LANGFLOW_STORE_ENVIRONMENT_VARIABLES: flag(false, {
    group: 'Variables',
    description: 'Whether accounts get the server\'s environment variables as Credentials. Each is imported once.'
  }),
  LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: list([], {
    group: 'Variables',
    example: 'MISTRAL_API_KEY,DEEPSEEK_API_KEY',
    description: 'Names of environment variables to import, in addition to those of Langflow\'s model providers.'
  }),
  LANGFLOW_ENABLE_SECRET_READ: flag(false, {
    group: 'Variables',
    description: 'Whether owners may read the values of their variables with `GET /api/v1/variables/{id}/value`.'
  }),
  LANGFLOW_HOST: text({
    group: 'Network', default: '127.0.0.1', minLength: 1, host: true, description: 'Address to listen on.'
  }),
  LANGFLOW_PORT: integer(7860, 0, 65_535, {
    group: 'Network', description: 'Port to listen on; 0 selects a free port.'
  }),
  LANGFLOW_PUBLIC_URL: optional(text({
    group: 'Network',
    example: 'https://example.org/flowgate',
    description: 'URL at which clients reach this server. Its path is the base path: everything is also served below ' +
      'it. If not set: `http://HOST:PORT`.'
  })),
  LANGFLOW_ALLOWED_HOSTS: list([], {
    group: 'Network',
    example: 'flowgate.example.org',
    description: 'Host names that auto login accepts besides loopback names, LANGFLOW_HOST and LANGFLOW_PUBLIC_URL.'
  }),
  LANGFLOW_SSL_CERT_FILE: optional(text({
    group: 'Network', minLength: 1, path: true, description: 'Certificate chain in PEM. Enables https.'
  })),
  LANGFLOW_SSL_KEY_FILE: optional(text({
    group: 'Network', minLength: 1, path: true, description: 'Private key of the certificate, in PEM.'
  })),
  LANGFLOW_TRUSTED_PROXIES: list([], {
    group: 'Network',
    example: '10.0.0.0/8,127.0.0.1',
    description: 'Addresses or networks of the proxies whose X-Forwarded-* and Forwarded headers are trusted.'
  }),
  LANGFLOW_SHUTDOWN_GRACE_SECONDS: integer(10, 1, 300, {
    group: 'Network',
    description: 'Time that requests in progress have to finish after SIGTERM, in seconds.'
  }),
  LANGFLOW_DATABASE_URL: optional(text({
    group: 'Database',
    secret: true,
    minLength: 1,
    example: 'postgresql://flowgate@127.0.0.1:5432/flowgate',
    description: 'URL of the PostgreSQL database; DATABASE_URL works, too. If not set: the embedded database.'
  })),
  LANGFLOW_DATABASE_POOL_SIZE: integer(10, 2, 500, {
    group: 'Database',
    description: 'Maximum number of connections to PostgreSQL per process.'
  }),
  LANGFLOW_DATABASE_CONNECT_SECONDS: integer(30, 1, 600, {
    group: 'Database',
    description: 'Time that the start waits for PostgreSQL to respond, in seconds.'
  }),
  LANGFLOW_CONFIG_DIR: text({
    group: 'Database',
    default: './.flowgate',
    minLength: 1,
    path: true,
    description: 'Folder (mode 0700) of the embedded database and of the generated secret key.'
  }),
  LANGFLOW_MAX_FLOW_SIZE_BYTES: integer(5_242_880, 1024, 104_857_600, {
    group: 'Flows',
    description: 'Maximum size of the content of a flow, as JSON, in bytes.'
  }),
  LANGFLOW_MAX_FLOWS_PER_ACCOUNT: integer(10_000, 1, 1_000_000, {
    group: 'Flows',
    description: 'Maximum number of flows of an account.'
  }),
  LANGFLOW_MAX_PROJECTS_PER_ACCOUNT: integer(1000, 1, 1_000_000, {
    group: 'Flows',
    description: 'Maximum number of projects of an account.'
  }),
  LANGFLOW_MAX_UPLOAD_SIZE_BYTES: integer(33_554_432, 1024, 1_073_741_824, {
    group: 'Flows',
    description: 'Maximum size of a request with several flows (a batch or an uploaded file), in bytes.'
  }),
  LANGFLOW_ACCESS_SAME_SITE: oneOf(sameSites, 'lax', {
    group: 'Cookies',
    description: '`SameSite` attribute of the access token cookie.'
  }),
  LANGFLOW_REFRESH_SAME_SITE: oneOf(sameSites, 'lax', {
    group: 'Cookies',
    description: '`SameSite` attribute of the refresh token cookie.'
  }),
  LANGFLOW_ACCESS_SECURE: oneOf(secureModes, 'auto', {
    group: 'Cookies',
    description: '`Secure` attribute of the access token cookie; `auto` sets it for https requests and for the ' +
      'host of an https LANGFLOW_PUBLIC_URL.'
  }),
  LANGFLOW_REFRESH_SECURE: oneOf(secureModes, 'auto', {
    group: 'Cookies',
    description: '`Secure` attribute of the refresh token cookie; `auto` sets it for https requests and for the ' +
      'host of an https LANGFLOW_PUBLIC_URL.'
  }),
  LANGFLOW_ACCESS_HTTPONLY: flag(true, {
    group: 'Cookies',
    description: '`HttpOnly` attribute of the access token cookie: scripts cannot read it. ' +
      'The web client of Langflow 1.3 needs `false`.'
  }),
  LANGFLOW_REFRESH_HTTPONLY: flag(true, {
    group: 'Cookies',
    description: '`HttpOnly` attribute of the refresh token cookie: scripts cannot read it.'
  }),
  LANGFLOW_COOKIE_DOMAIN: optional(text({
    group: 'Cookies',
    minLength: 1,
    example: 'example.org',
    description: '`Domain` attribute of the cookies. If not set: browsers send them only to the host that set them.'
  })),
  LANGFLOW_CORS_ORIGINS: list([], {
    group: 'Cross-origin requests',
    example: 'https://app.example.org',
    description: 'Origins whose pages may call the API. `*` allows all origins, without cookies.'
  }),
  LANGFLOW_CORS_ALLOW_CREDENTIALS: flag(false, {
    group: 'Cross-origin requests',
    description: 'Whether these pages may send cookies. Not allowed with the origin `*`.'
  }),
  LANGFLOW_CORS_ALLOW_METHODS: list(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], {
    group: 'Cross-origin requests',
    description: 'Methods that these pages may use.'
  }),
  LANGFLOW_CORS_ALLOW_HEADERS: list(['authorization', 'content-type', 'x-api-key'], {
    group: 'Cross-origin requests',
    description: 'Request headers that these pages may send.'
  }),
  LANGFLOW_ACCESS_RULES_FILE: optional(text({
    group: 'Protected apps',
    minLength: 1,
    path: true,
    example: '/etc/flowgate/access-rules.yaml',
    description: 'YAML file of the rules who may use which apps behind the proxy. Read again on SIGHUP. If not set: ' +
      'no app is protected.'
  })),
  LANGFLOW_LOG_LEVEL: oneOf(logLevels, 'info', {
    group: 'Operating',
    aliases: { warning: 'warn', critical: 'fatal' },
    description: 'Minimum level of log lines. The log is written to standard output.'
  }),
  LANGFLOW_PRETTY_LOGS: oneOf(prettyModes, 'auto', {
    group: 'Operating',
    description: 'Readable log lines instead of JSON; `auto` selects them when standard output is a terminal.'
  }),
  LANGFLOW_PROMETHEUS_ENABLED: flag(false, {
    group: 'Operating',
    description: 'Whether Prometheus metrics are served at `/metrics`, on a separate address and port.'
  }),
  LANGFLOW_PROMETHEUS_HOST: text({
    group: 'Operating',
    default: '127.0.0.1',
    minLength: 1,
    host: true,
    description: 'Address on which the metrics are served.'
  }),
  LANGFLOW_PROMETHEUS_PORT: integer(9090, 0, 65_535, {
    group: 'Operating',
    description: 'Port on which the metrics are served; 0 selects a free port.'
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(text({
    group: 'Operating',
    pattern: '^https?://',
    form: 'a URL that starts with http:// or https://',
    example: 'http://127.0.0.1:4318',
    description: 'OpenTelemetry collector that receives traces (OTLP over HTTP with JSON). If not set: no tracing.'
  }))
}, { additionalProperties: false })

type Strip<K> = K extends `LANGFLOW_${infer Rest}` ? Rest : K
type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : S extends string ? Lowercase<S> : never

/** Name of a setting in the environment. */
export type SettingName = keyof typeof Settings.properties & string

type Values = Static<typeof Settings>

/** Validated values by their names in code: LANGFLOW_AUTO_LOGIN is `autoLogin`. */
export type SettingValues = Readonly<{ [K in keyof Values as Camel<Strip<K>>]: Values[K] }>

/** A setting, as the generated documents and the checks use it. */
export type Setting = Facts & { name: SettingName, key: string, schema: TSchema, default: unknown }

const schemasByName: TProperties = (Settings as TObject).properties

/** All settings, in the order of docs/settings.md. */
export const settings: readonly Setting[] = Object.entries(schemasByName).map(([name, schema]) => ({
  name: name as SettingName, // Object.entries() loses the type of the keys
  key: name.replace('LANGFLOW_', '').toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  schema,
  default: schema.default,
  group: schema['group'],
  description: schema.description ?? '',
  secret: schema['secret'],
  file: schema['file'],
  lines: schema['lines'],
  exact: schema['exact'],
  path: schema['path'],
  host: schema['host'],
  example: schema['example']
}))
