import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { accountStateRoutes } from './routes/accounts/account-states.ts'
import { serviceAccountRoutes } from './routes/accounts/service-accounts.ts'
import { userRoutes } from './routes/accounts/users.ts'
import { appRoutes } from './routes/apps/apps.ts'
import { verifyRoutes } from './routes/apps/verify.ts'
import { flowTransferRoutes } from './routes/content/flow-transfers.ts'
import { flowRoutes } from './routes/content/flows.ts'
import { folderRoutes, projectRoutes } from './routes/content/projects.ts'
import { apiKeyRoutes } from './routes/credentials/api-keys.ts'
import { userApiKeyRoutes } from './routes/credentials/user-api-keys.ts'
import { variableRoutes } from './routes/secrets/variables.ts'
import { consoleRoutes } from './routes/server/console.ts'
import { frontEndRoutes, frontEndV2Routes } from './routes/server/front-end.ts'
import { healthRoutes, serviceRoutes } from './routes/server/service.ts'
import { sessionRoutes } from './routes/sign-in/sessions.ts'
import { authRoutes } from './routes/sign-in/sign-in.ts'
import { tokenMetadataRoutes } from './routes/tokens/metadata.ts'
import { oauthRoutes } from './routes/tokens/oauth.ts'

/** Every group of routes with its URL prefix. */
export const routes: ReadonlyArray<{ group: FastifyPluginAsyncTypebox, prefix?: string }> = [
  { group: healthRoutes },
  { group: serviceRoutes, prefix: '/api/v1' },
  { group: authRoutes, prefix: '/api/v1' },
  { group: sessionRoutes, prefix: '/api/v1' },
  { group: accountStateRoutes, prefix: '/api/v1' },
  { group: serviceAccountRoutes, prefix: '/api/v1' },
  { group: userRoutes, prefix: '/api/v1/users' },
  { group: apiKeyRoutes, prefix: '/api/v1/api_key' },
  { group: userApiKeyRoutes, prefix: '/api/v1' },
  { group: flowRoutes, prefix: '/api/v1/flows' },
  { group: flowTransferRoutes, prefix: '/api/v1/flows' },
  { group: projectRoutes, prefix: '/api/v1/projects' },
  { group: folderRoutes, prefix: '/api/v1/folders' },
  { group: frontEndRoutes, prefix: '/api/v1' },
  { group: frontEndV2Routes, prefix: '/api/v2' },
  { group: variableRoutes, prefix: '/api/v1/variables' },
  { group: verifyRoutes, prefix: '/api/v1/verify' },
  { group: appRoutes, prefix: '/api/v1' },
  { group: oauthRoutes, prefix: '/oauth2' },
  { group: tokenMetadataRoutes, prefix: '/.well-known' },
  { group: consoleRoutes }
]
