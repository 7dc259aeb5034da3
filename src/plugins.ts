import type { FastifyPluginAsync, FastifyPluginCallback } from 'fastify'
import type { Config } from './config.ts'
import type { Database } from './db.ts'
import { authorizationPlugin } from './plugins/guard/authorization.ts'
import { cookiesPlugin } from './plugins/guard/cookies.ts'
import { credentialsPlugin } from './plugins/guard/credentials.ts'
import { forwardedPlugin } from './plugins/guard/forwarded.ts'
import { originPlugin } from './plugins/guard/origin.ts'
import { principalPlugin } from './plugins/guard/principal.ts'
import { forwardAuthPlugin } from './plugins/apps/forward-auth.ts'
import { bodiesPlugin } from './plugins/http/bodies.ts'
import { boundsPlugin } from './plugins/http/bounds.ts'
import { errorsPlugin } from './plugins/http/errors.ts'
import { formsPlugin } from './plugins/http/forms.ts'
import { linksPlugin } from './plugins/http/links.ts'
import { notFoundPlugin } from './plugins/http/not-found.ts'
import { securityPlugin } from './plugins/http/security.ts'
import { serializationPlugin } from './plugins/http/serialization.ts'
import { streamsPlugin } from './plugins/http/streams.ts'
import { validationPlugin } from './plugins/http/validation.ts'
import { oauthPlugin } from './plugins/oauth/oauth.ts'
import { auditPlugin } from './plugins/observability/audit.ts'
import { metricsPlugin } from './plugins/observability/metrics.ts'
import { requestLogPlugin } from './plugins/observability/request-log.ts'
import { tracingPlugin } from './plugins/observability/tracing.ts'
import { consolePagePlugin } from './plugins/pages/console-page.ts'
import { documentsPlugin } from './plugins/pages/documents.ts'
import { openapiPlugin } from './plugins/pages/openapi.ts'
import { accessRulesPlugin } from './plugins/platform/access-rules.ts'
import { bootPlugin } from './plugins/platform/boot.ts'
import { clockPlugin } from './plugins/platform/clock.ts'
import { closingPlugin } from './plugins/platform/closing.ts'
import { configPlugin } from './plugins/platform/config.ts'
import { cryptoPlugin } from './plugins/platform/crypto.ts'
import { databasePlugin } from './plugins/platform/database.ts'
import { deferralPlugin } from './plugins/platform/deferral.ts'
import { failureCountsPlugin } from './plugins/platform/failure-counts.ts'
import { jwtPlugin } from './plugins/platform/jwt.ts'
import { servicesPlugin } from './plugins/platform/services.ts'

/** What the plugins are registered with. `database` and `clock` replace the real ones in tests. */
export type PluginOptions = {
  config: Config
  version: string
  database?: Database | undefined
  clock?: (() => Date) | undefined
}

type Plugin = FastifyPluginAsync<PluginOptions> | FastifyPluginCallback<PluginOptions>

/** Every plugin, in the order in which it is registered. Hooks run in this order, too. */
export const plugins: readonly Plugin[] = [
  configPlugin,
  closingPlugin,
  forwardedPlugin,
  tracingPlugin,
  metricsPlugin,
  requestLogPlugin,
  errorsPlugin,
  notFoundPlugin,
  deferralPlugin,
  validationPlugin,
  serializationPlugin,
  databasePlugin,
  clockPlugin,
  failureCountsPlugin,
  cryptoPlugin,
  jwtPlugin,
  accessRulesPlugin,
  servicesPlugin,
  bootPlugin,
  securityPlugin,
  consolePagePlugin,
  bodiesPlugin,
  formsPlugin,
  cookiesPlugin,
  oauthPlugin,
  credentialsPlugin,
  boundsPlugin,
  streamsPlugin,
  linksPlugin,
  documentsPlugin,
  originPlugin,
  principalPlugin,
  authorizationPlugin,
  forwardAuthPlugin,
  auditPlugin,
  openapiPlugin
]
