import { publicClientConfig } from '../presenters/server/client-config.ts'
import { presentOpenIdConfiguration, presentServerMetadata } from '../presenters/tokens/metadata.ts'
import { isNode, type Node } from './walk.ts'

const ids = {
  user: '57a987a6-e52a-4e6c-9b08-e9710e43fbfd',
  session: '0d4e2a70-53e5-4a58-8bbb-0e1ed42f3c3d',
  key: '6f3ad2f8-9d0f-4b52-8b3c-5f6f9a2f7c11',
  flow: 'c9b1a9c3-0a3f-4f0e-9f43-2a6a1a9b6c55',
  project: '2b8a7c4e-1f6d-4b3a-9c2e-7d5f8e1a0b44',
  variable: '8e5f1d2c-3b4a-4c5d-8e6f-7a8b9c0d1e22'
}
const [created, later, requestId] = ['2026-11-24T09:30:00.000Z', '2027-01-31T00:00:00.000Z', '5f0c1a2b-1']

const user = {
  id: ids.user,
  username: 'ada',
  profile_image: null,
  store_api_key: null,
  is_active: true,
  is_superuser: false,
  create_at: created,
  updated_at: created,
  last_login_at: null,
  optins: { github_starred: false, dialog_dismissed: false, discord_clicked: false }
}
const accessReason = { code: 'superuser', text: 'Only superusers may open it.' }
const keyFacts = {
  id: ids.key,
  name: 'nightly build',
  user_id: ids.user,
  is_active: true,
  made_by: null,
  total_uses: 0,
  last_used_at: null,
  created_at: created,
  expires_at: later
}
const key = { ...keyFacts, api_key: `sk-EXAMP${'*'.repeat(38)}`, last_characters: 'e000' }
const flow = {
  id: ids.flow,
  name: 'My Flow',
  description: null,
  data: { nodes: [], edges: [] },
  is_component: false,
  updated_at: '2026-11-24T09:30:00+00:00',
  folder_id: ids.project,
  user_id: ids.user,
  endpoint_name: null,
  access_type: 'PRIVATE',
  icon: null,
  icon_bg_color: null,
  gradient: null,
  webhook: false,
  tags: null,
  locked: false,
  mcp_enabled: false,
  action_name: null,
  action_description: null
}
const flowPage = { items: [flow], total: 1, page: 1, size: 50, pages: 1 }
const project = {
  id: ids.project, name: 'My Project', description: null, parent_id: null, auth_settings: null, is_owner: true
}
const variable = {
  id: ids.variable,
  name: 'OPENAI_API_KEY',
  type: 'Credential',
  value: null,
  default_fields: [],
  has_value: true,
  is_owner: true,
  can_manage_shares: true,
  validation_error: null,
  is_valid: null
}
const session = {
  id: ids.session,
  is_current: true,
  method: 'password',
  created_at: created,
  refreshed_at: created,
  expires_at: later,
  user_agent: 'curl/8.5.0',
  address: '192.0.2.7'
}
const rotated = { ...key, replaced_by: ids.session, expires_at: later }
const account = { user, status: 'active', is_service: false, is_throttled: false, throttled_until: null }
const fieldProblem = { type: 'missing', loc: ['body', 'password'], msg: 'Field required' }
const newFlow = { name: 'My Flow', data: { nodes: [], edges: [] } }
const flowCreated = [ids.flow]
const config = { ...publicClientConfig, auto_login: false, signup_enabled: true }

/** The public key of RFC 8037, A.2. */
const jwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  use: 'sig',
  alg: 'EdDSA'
}

/** One example for each named schema. A test validates them. */
const examples: Record<string, unknown> = {
  AccessType: 'PRIVATE',
  AccessReason: accessReason,
  Account: account,
  AccountList: { total_count: 1, accounts: [account] },
  ApiKey: key,
  ApiKeyCreate: {
    name: 'nightly build',
    expires_at: later,
    scopes: ['flows:read', 'apps:use'],
    allowed_networks: ['192.0.2.0/24'],
    rate_limit: { limit: 100, window_seconds: 60 }
  },
  ApiKeyCreated: { ...keyFacts, api_key: `sk-${'EXAMPLE'.repeat(6)}0` },
  ApiKeyOptions: {
    scopes: [{ name: 'flows:read', summary: 'Read flows and projects' }], max_days: 90, address: '192.0.2.7'
  },
  ApiKeyRotated: { ...keyFacts, api_key: `sk-${'EXAMPLE'.repeat(6)}0`, previous: rotated },
  ApiKeyRotation: { overlap_seconds: 3600 },
  ApiKeyUsage: { api_key_id: ids.key, total_uses: 12, days: [{ day: '2026-11-24', uses: 12 }] },
  ApiKeyList: { total_count: 1, user_id: ids.user, api_keys: [key] },
  ApiKeyUpdate: { is_active: false },
  AutoLoginDisabled: {
    detail: { message: 'Auto login is disabled.', auto_login: false }, code: 'auto_login_disabled',
    request_id: requestId
  },
  ClientConfig: config,
  ComponentTypes: {},
  Deleted: { deleted: 1 },
  Detail: { detail: 'User deleted' },
  DownloadIds: flowCreated,
  ErrorCode: 'user_not_found',
  ExchangeForm: {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: '<header>.<claims>.<signature>',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'https://reports.example.org'
  },
  ExchangeResponse: {
    access_token: '<header>.<claims>.<signature>',
    issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'flows:read'
  },
  Failure: { detail: 'User not found', code: 'user_not_found', request_id: requestId },
  FieldProblem: fieldProblem,
  Flow: flow,
  FlowBatch: { flows: [newFlow] },
  FlowCreate: newFlow,
  FlowIds: flowCreated,
  FlowPage: flowPage,
  FlowUpdate: { name: 'Another name' },
  FlowUploadForm: { file: JSON.stringify(newFlow) },
  Health: { status: 'ok' },
  HealthCheck: { status: 'ok', chat: 'ok', db: 'ok' },
  IntrospectionForm: { token: '<header>.<claims>.<signature>', client_address: '192.0.2.7' },
  IntrospectionResponse: {
    active: true,
    scope: 'flows:read flows:write',
    username: 'ada',
    token_type: 'Bearer',
    credential: 'session',
    sub: ids.user,
    groups: [],
    access: 'editor',
    exp: 1_795_902_600
  },
  Jwk: jwk,
  Jwks: { keys: [jwk] },
  LoginForm: { username: 'ada', password: 'a long pass phrase' },
  Message: { message: 'Logout successful' },
  Nothing: [],
  OAuthFailure: { error: 'invalid_request', error_description: 'token: Field required' },
  OpenIdConfiguration: presentOpenIdConfiguration('https://auth.example.org', ['flows:read'], 'RS256'),
  OwnedApiKey: { ...key, owner: { username: 'ada', is_active: true, is_service: false } },
  OwnedApiKeyList: {
    total_count: 1, api_keys: [{ ...key, owner: { username: 'ada', is_active: true, is_service: false } }]
  },
  PasswordChange: { current_password: 'a long pass phrase', password: 'another long pass phrase' },
  PermissionAnswer: { resource_type: 'flow', permissions: { [ids.flow]: ['read', 'write'] } },
  PermissionsRequest: { resource_type: 'flow', resource_ids: [ids.flow], actions: ['read', 'write'] },
  ProfilePictures: { files: [] },
  Project: project,
  ProjectCreate: { name: 'My Project', flows_list: [ids.flow] },
  ProjectDetail: { ...project, flows: [flow] },
  ProjectPage: { folder: project, flows: flowPage },
  ProjectUpdate: { name: 'Another name' },
  ProjectWithFlows: { ...project, flows: [flow] },
  RevocationForm: { token: '<header>.<claims>.<signature>' },
  Revoked: {},
  ServerMetadata: presentServerMetadata('https://auth.example.org', ['flows:read']),
  Scope: 'flows:read',
  ServiceAccountCreate: { username: 'nightly-build' },
  Session: session,
  SessionList: { total_count: 1, sessions: [session] },
  SessionState: { authenticated: true, user, store_api_key: null },
  SessionsEnded: { ended: 2 },
  ApiKeysDeleted: { deleted: 2 },
  StoreComponents: { count: 0, authorized: false, results: [] },
  StoreKey: { api_key: 'a key of Langflow\'s store' },
  StoreKeyState: { has_api_key: false, is_valid: false },
  StoreState: { enabled: false },
  Tokens: {
    access_token: '<header>.<claims>.<signature>', refresh_token: '<header>.<claims>.<signature>',
    token_type: 'bearer'
  },
  UrlAccess: { url: 'https://app.example.org/', allowed: false, reasons: [accessReason] },
  User: user,
  UserCreate: { username: 'ada', password: 'a long pass phrase' },
  UserList: { total_count: 1, users: [user] },
  UserUpdate: { is_active: true },
  ValidationFailure: { detail: [fieldProblem], code: 'invalid_request', request_id: requestId },
  Variable: variable,
  VariableCreate: { name: 'OPENAI_API_KEY', value: 'the key', type: 'Credential', default_fields: [] },
  VariableType: 'Credential',
  VariableUpdate: { id: ids.variable, value: 'another key' },
  VariableValue: { id: ids.variable, name: 'OPENAI_API_KEY', value: 'the key' },
  Version: {
    version: '1.13.0', main_version: '1.13.0', package: 'Langflow', server: 'Flowgate', server_version: '0.1.0'
  }
}

/** Gives each named schema of the document its example. */
export function withExamples<T extends object> (document: T): T {
  const { components = {} } = document as { components?: { schemas?: Record<string, Node> } }
  for (const [name, schema] of Object.entries(components.schemas ?? {})) {
    if (isNode(schema) && name in examples) schema['examples'] = [examples[name]]
  }
  return document
}
