export { type Client, type ClientOptions, createClient } from './client.ts'
export {
  type ErrorCode, type FieldProblem, FlowgateError, type FlowgateErrorCode, type OAuthErrorCode
} from './errors.ts'
export type { ExchangeRequest, IdentityToken } from './exchange.ts'
export type { Fetch } from './send.ts'
export type { Credentials, Tokens } from './session.ts'
export type { components, operations, paths } from '../generated/api.ts'
