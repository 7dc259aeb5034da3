import type { FastifySchema } from 'fastify'
import { grants } from '../policy/grants.ts'

type Security = ReadonlyArray<Readonly<Record<string, readonly string[]>>>

const withName = (security: Security, name: string) =>
  security.map(credential => Object.fromEntries(Object.keys(credential).map(scheme => [scheme, [name]])))

/**
 * Names in each security requirement of an operation the scope that its route requires (OpenAPI 3.1, 4.8.30).
 * @param requires the requirement of the route
 */
export function withScope (schema: FastifySchema, requires: string | undefined): FastifySchema {
  const security = schema?.security as Security | undefined
  if (!security || requires === undefined) return schema
  // A superuser creates accounts with a key that may change accounts.
  const name = requires === 'sign-up' ? 'users:write' : requires
  return { ...schema, ...Object.hasOwn(grants, name) && { security: withName(security, name) } }
}
