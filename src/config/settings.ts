import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/** What every setting carries besides its type. */
type Facts = {
  group: string
  description: string
  /** Masked everywhere; may come from `NAME_FILE`. */
  secret?: true
  /** Taken to the last character: a value with stray characters around it is refused instead of cleaned. */
  exact?: true
  /** Names a file or a folder: made absolute, with a leading `~` expanded. */
  path?: true
  /** A host to listen on: may be written in the brackets of a URL. */
  host?: true
  example?: string
}

/** A value nobody gave and for which there is no default. */
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const flag = (value: boolean, facts: Facts) => Type.Boolean({ default: value, ...facts })
const whole = (value: number, minimum: number, maximum: number, facts: Facts) =>
  Type.Integer({ default: value, minimum, maximum, ...facts })
/** `form` says in words what the pattern asks for. */
type TextFacts = Facts & { default?: string, minLength?: number, maxLength?: number, pattern?: string, form?: string }
const text = (facts: TextFacts) => Type.String(facts)
/** `aliases` are Langflow's names for some of the values. */
const oneOf = <T extends string>(values: readonly T[], value: T, facts: Facts & { aliases?: Record<string, T> }) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], default: value, ...facts })
const list = (value: string[], facts: Facts) => Type.Array(Type.String({ minLength: 1 }), { default: value, ...facts })

const sameSites = ['lax', 'strict', 'none'] as const
const secureModes = ['auto', 'true', 'false'] as const
const prettyModes = ['auto', 'true', 'false'] as const
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Every setting Flowgate knows: the one place for names, types, bounds, defaults and meanings. */
export const Settings = Type.Object({
  LANGFLOW_AUTO_LOGIN: flag(true, {
    group: 'Sign-in',
    description: 'No sign-in page: `GET /api/v1/auto_login` signs every visitor in as the superuser.'
  }),
  LANGFLOW_SKIP_AUTH_AUTO_LOGIN: flag(false, {
    group: 'Sign-in',
    description: 'With auto login on, requests without any credential act as that superuser.'
  }),
  LANGFLOW_SUPERUSER: text({
    group: 'Sign-in',
    default: 'langflow',
    minLength: 1,
    maxLength: 64,
    description: 'Name of the first administrator, created at the first boot of a database.'
  }),
  LANGFLOW_SUPERUSER_PASSWORD: text({
    group: 'Sign-in',
    default: 'langflow',
    minLength: 1,
    maxLength: 256,
    secret: true,
    example: 'a long password of your own',
    description: 'Its password, used when the account is made and never again. The default is refused on a public host.'
  }),
  LANGFLOW_NEW_USER_IS_ACTIVE: flag(false, {
    group: 'Sign-in',
    description: 'Whether a created account can sign in at once; otherwise an administrator activates it.'
  }),
  LANGFLOW_ENABLE_SIGNUP: optional(Type.Boolean({
    group: 'Sign-in',
    description: 'Whether strangers may ask for an account. Unless set: true, but false with auto login.'
  })),
  LANGFLOW_MAX_PENDING_ACCOUNTS: whole(1000, 1, 1_000_000, {
    group: 'Sign-in',
    description: 'How many accounts made by strangers may wait for approval at once.'
  }),
  LANGFLOW_ACCESS_TOKEN_EXPIRE_SECONDS: whole(3600, 10, 86_400, {
    group: 'Sign-in',
    description: 'Life of an access token, in seconds.'
  }),
  LANGFLOW_REFRESH_TOKEN_EXPIRE_SECONDS: whole(604_800, 60, 31_536_000, {
    group: 'Sign-in',
    description: 'Life of a refresh token, in seconds: a session that is not used for so long is over.'
  }),
  LANGFLOW_SESSION_EXPIRE_SECONDS: whole(2_592_000, 60, 31_536_000, {
    group: 'Sign-in',
    description: 'Life of a session, in seconds, however often it is refreshed.'
  }),
  LANGFLOW_MAX_SESSIONS_PER_ACCOUNT: whole(1000, 1, 100_000, {
    group: 'Sign-in',
    description: 'How many open sessions one account may have; a further sign-in ends the oldest one.'
  }),
  LANGFLOW_REQUIRE_CURRENT_PASSWORD: flag(true, {
    group: 'Passwords',
    description: 'Whether changing the own password needs the current one. Clients of Langflow 1.3 do not send it.'
  }),
  LANGFLOW_PASSWORD_MEMORY_KIB: whole(19_456, 8192, 1_048_576, {
    group: 'Passwords',
    description: 'argon2id memory for one hash, in KiB. Stored hashes follow at the next sign-in.'
  }),
  LANGFLOW_PASSWORD_ITERATIONS: whole(2, 1, 20, {
    group: 'Passwords',
    description: 'argon2id passes over that memory.'
  }),
  LANGFLOW_PASSWORD_PARALLELISM: whole(1, 1, 16, {
    group: 'Passwords',
    description: 'argon2id lanes.'
  }),
  LANGFLOW_PASSWORD_CONCURRENCY: optional(Type.Integer({
    group: 'Passwords',
    minimum: 1,
    maximum: 1024,
    example: '4',
    description: 'How many passwords are hashed at once. Unless set: one less than this machine has cores.'
  })),
  LANGFLOW_PASSWORD_QUEUE_MAX: whole(64, 1, 10_000, {
    group: 'Passwords',
    description: 'Sign-ins that may wait for a free core; more are answered 503 with Retry-After.'
  }),
  LANGFLOW_RATE_LIMIT_ENABLED: flag(true, {
    group: 'Sign-in limits',
    description: 'Whether failed sign-ins, sign-ups and guesses at the current password are counted and slowed.'
  }),
  LANGFLOW_RATE_LIMIT_PER_MINUTE: whole(5, 1, 10_000, {
    group: 'Sign-in limits',
    description: 'Failed sign-ins of one account from one network in a minute; one network has four times as many.'
  }),
  LANGFLOW_RATE_LIMIT_STORAGE_URI: optional(text({
    group: 'Sign-in limits',
    secret: true,
    pattern: '^(rediss?://.+|memory://)$',
    form: 'a URL that starts with redis:// or rediss://, or memory://',
    example: 'redis://127.0.0.1:6379/0',
    description: 'Redis to count failures in. Unless set (or `memory://`, Langflow\'s default): in the database.'
  })),
  LANGFLOW_ALLOW_API_KEY_IN_QUERY: flag(false, {
    group: 'API keys',
    description: 'Takes API keys from the URL (`?x-api-key=`), too, where logs and histories keep them.'
  }),
  LANGFLOW_MAX_API_KEYS_PER_USER: whole(10_000, 1, 1_000_000, {
    group: 'API keys',
    description: 'How many API keys one account may have.'
  }),
  LANGFLOW_SECRET_KEY: optional(text({
    group: 'Keys',
    minLength: 1,
    secret: true,
    exact: true,
    example: 'what `python3 -c "from secrets import token_urlsafe; print(token_urlsafe(32))"` prints',
    description: 'Encrypts stored secrets and, derived, signs tokens. Unless set: made and kept in LANGFLOW_CONFIG_DIR.'
  })),
  LANGFLOW_SECRET_KEY_PREVIOUS: Type.Array(Type.String({ minLength: 1 }), {
    group: 'Keys',
    default: [],
    secret: true,
    exact: true,
    description: 'Older secret keys, comma-separated: they still decrypt and verify, never encrypt or sign.'
  }),
  LANGFLOW_MAX_VARIABLES_PER_ACCOUNT: whole(500, 1, 100_000, {
    group: 'Variables',
    description: 'How many variables one account may have.'
  }),
  LANGFLOW_STORE_ENVIRONMENT_VARIABLES: flag(false, {
    group: 'Variables',
    description: 'Whether accounts get environment variables of the server as Credentials: each name once, never again.'
  }),
  LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT: list([], {
    group: 'Variables',
    example: 'MISTRAL_API_KEY,DEEPSEEK_API_KEY',
    description: 'Names of such variables, besides the well-known ones of Langflow\'s providers.'
  }),
  LANGFLOW_ENABLE_SECRET_READ: flag(false, {
    group: 'Variables',
    description: 'Whether owners may read the values of their variables at `GET /api/v1/variables/{id}/value`.'
  }),
  LANGFLOW_HOST: text({
    group: 'Network', default: '127.0.0.1', minLength: 1, host: true, description: 'Address to listen on.'
  }),
  LANGFLOW_PORT: whole(7860, 0, 65_535, { group: 'Network', description: 'Port to listen on; 0 takes a free one.' }),
  LANGFLOW_ALLOWED_HOSTS: list([], {
    group: 'Network',
    example: 'flowgate.example.org',
    description: 'Host names, besides loopback and LANGFLOW_HOST, under which auto login answers.'
  }),
  LANGFLOW_SSL_CERT_FILE: optional(text({
    group: 'Network', minLength: 1, path: true, description: 'Certificate in PEM, with its chain: then https is served.'
  })),
  LANGFLOW_SSL_KEY_FILE: optional(text({
    group: 'Network', minLength: 1, path: true, description: 'Private key of that certificate, in PEM.'
  })),
  LANGFLOW_TRUSTED_PROXIES: list([], {
    group: 'Network',
    example: '10.0.0.0/8,127.0.0.1',
    description: 'Addresses or networks of proxies whose X-Forwarded-* and Forwarded headers are believed.'
  }),
  LANGFLOW_SHUTDOWN_GRACE_SECONDS: whole(10, 1, 300, {
    group: 'Network',
    description: 'How long requests in flight may take to finish after SIGTERM.'
  }),
  LANGFLOW_DATABASE_URL: optional(text({
    group: 'Database',
    secret: true,
    minLength: 1,
    example: 'postgresql://flowgate@127.0.0.1:5432/flowgate',
    description: 'PostgreSQL to use; DATABASE_URL serves, too. Unless set: the embedded database.'
  })),
  LANGFLOW_DATABASE_POOL_SIZE: whole(10, 2, 500, {
    group: 'Database',
    description: 'Connections of one process to PostgreSQL.'
  }),
  LANGFLOW_DATABASE_CONNECT_SECONDS: whole(30, 1, 600, {
    group: 'Database',
    description: 'How long the boot waits for PostgreSQL to answer.'
  }),
  LANGFLOW_CONFIG_DIR: text({
    group: 'Database',
    default: './.flowgate',
    minLength: 1,
    path: true,
    description: 'Folder (mode 0700) of the embedded database and the generated key.'
  }),
  LANGFLOW_MAX_FLOW_SIZE_BYTES: whole(5_242_880, 1024, 104_857_600, {
    group: 'Flows',
    description: 'Most bytes the content of one flow may have, as JSON.'
  }),
  LANGFLOW_MAX_FLOWS_PER_ACCOUNT: whole(10_000, 1, 1_000_000, {
    group: 'Flows',
    description: 'How many flows one account may have.'
  }),
  LANGFLOW_MAX_PROJECTS_PER_ACCOUNT: whole(1000, 1, 1_000_000, {
    group: 'Flows',
    description: 'How many projects one account may have.'
  }),
  LANGFLOW_MAX_UPLOAD_SIZE_BYTES: whole(33_554_432, 1024, 1_073_741_824, {
    group: 'Flows',
    description: 'Most bytes of one request that brings several flows: a batch, or an uploaded file.'
  }),
  LANGFLOW_ACCESS_SAME_SITE: oneOf(sameSites, 'lax', {
    group: 'Cookies',
    description: 'SameSite of the access token cookie.'
  }),
  LANGFLOW_REFRESH_SAME_SITE: oneOf(sameSites, 'lax', {
    group: 'Cookies',
    description: 'SameSite of the refresh token cookie.'
  }),
  LANGFLOW_ACCESS_SECURE: oneOf(secureModes, 'auto', {
    group: 'Cookies',
    description: 'Secure on the access token cookie; `auto` follows the scheme of the request.'
  }),
  LANGFLOW_REFRESH_SECURE: oneOf(secureModes, 'auto', {
    group: 'Cookies',
    description: 'Secure on the refresh token cookie; `auto` follows the scheme of the request.'
  }),
  LANGFLOW_ACCESS_HTTPONLY: flag(true, {
    group: 'Cookies',
    description: 'Hides the access token cookie from scripts.'
  }),
  LANGFLOW_REFRESH_HTTPONLY: flag(true, {
    group: 'Cookies',
    description: 'Hides the refresh token cookie from scripts.'
  }),
  LANGFLOW_COOKIE_DOMAIN: optional(text({
    group: 'Cookies',
    minLength: 1,
    example: 'example.org',
    description: 'Domain of the cookies. Unless set: the host that was asked, alone.'
  })),
  LANGFLOW_CORS_ORIGINS: list([], {
    group: 'Cross-origin requests',
    example: 'https://app.example.org',
    description: 'Origins whose pages may call the API. None unless named; `*` means any, without cookies.'
  }),
  LANGFLOW_CORS_ALLOW_CREDENTIALS: flag(false, {
    group: 'Cross-origin requests',
    description: 'Whether those pages may send cookies. Needs origins by name.'
  }),
  LANGFLOW_CORS_ALLOW_METHODS: list(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], {
    group: 'Cross-origin requests',
    description: 'Methods those pages may use.'
  }),
  LANGFLOW_CORS_ALLOW_HEADERS: list(['authorization', 'content-type', 'x-api-key'], {
    group: 'Cross-origin requests',
    description: 'Headers those pages may send.'
  }),
  LANGFLOW_LOG_LEVEL: oneOf(logLevels, 'info', {
    group: 'Operating',
    aliases: { warning: 'warn', critical: 'fatal' },
    description: 'Least level that is logged, on standard output.'
  }),
  LANGFLOW_PRETTY_LOGS: oneOf(prettyModes, 'auto', {
    group: 'Operating',
    description: 'Logs for people instead of JSON lines; `auto` writes them on a terminal alone.'
  }),
  LANGFLOW_PROMETHEUS_ENABLED: flag(false, {
    group: 'Operating',
    description: 'Serves Prometheus metrics at `/metrics` of an address and port of their own.'
  }),
  LANGFLOW_PROMETHEUS_HOST: text({
    group: 'Operating',
    default: '127.0.0.1',
    minLength: 1,
    host: true,
    description: 'Address the metrics are served on.'
  }),
  LANGFLOW_PROMETHEUS_PORT: whole(9090, 0, 65_535, {
    group: 'Operating',
    description: 'Port the metrics are served on; 0 takes a free one.'
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(text({
    group: 'Operating',
    pattern: '^https?://',
    form: 'a URL that starts with http:// or https://',
    example: 'http://127.0.0.1:4318',
    description: 'OpenTelemetry collector that gets traces, by OTLP over HTTP with JSON. Unless set: none are made.'
  }))
}, { additionalProperties: false })

type Strip<K> = K extends `LANGFLOW_${infer Rest}` ? Rest : K
type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : S extends string ? Lowercase<S> : never

/** A setting's full name, as in the environment. */
export type SettingName = keyof typeof Settings.properties & string

type Values = Static<typeof Settings>

/** Checked values under their names in code: LANGFLOW_AUTO_LOGIN is `autoLogin`. */
export type SettingValues = Readonly<{ [K in keyof Values as Camel<Strip<K>>]: Values[K] }>

/** One setting as documents and checks see it. */
export type Setting = Facts & { name: SettingName, key: string, schema: TSchema, default: unknown }

const schemasByName: TProperties = (Settings as TObject).properties

/** All settings, in the order of the documents. */
export const settings: readonly Setting[] = Object.entries(schemasByName).map(([name, schema]) => ({
  name: name as SettingName, // entries() forgets the keys' type
  key: name.replace('LANGFLOW_', '').toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  schema,
  default: schema.default,
  group: schema['group'],
  description: schema.description ?? '',
  secret: schema['secret'],
  exact: schema['exact'],
  path: schema['path'],
  host: schema['host'],
  example: schema['example']
}))
