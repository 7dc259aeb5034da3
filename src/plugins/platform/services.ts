import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { DEFAULT_PASSWORD } from '../../config.ts'
import { createAccountReads, createPrincipalReads, createWrites } from '../../db.ts'
import { createAccess } from '../../services/access/access-cache.ts'
import { createApiKeys } from '../../services/credentials/api-keys.ts'
import { createAuth } from '../../services/sign-in/sign-in.ts'
import { createCleaner } from '../../services/upkeep/cleaner.ts'
import { createEnvironmentImport } from '../../services/secrets/environment-import.ts'
import { createFirstBoot } from '../../services/accounts/first-boot.ts'
import { createFlowLists } from '../../services/content/flow-lists.ts'
import { createFlows } from '../../services/content/flows.ts'
import { createHashCosts } from '../../services/sign-in/hash-costs.ts'
import { createHealth } from '../../services/upkeep/health.ts'
import { createKeyring } from '../../services/secrets/keyring.ts'
import { createPrincipals } from '../../services/access/principals.ts'
import { createProjects } from '../../services/content/projects.ts'
import { createSessions } from '../../services/sign-in/sessions.ts'
import { createSignInGuard } from '../../services/sign-in/sign-in-guard.ts'
import { createTokens } from '../../services/sign-in/tokens.ts'
import { createUsage } from '../../services/credentials/usage.ts'
import { createUserLists } from '../../services/accounts/user-lists.ts'
import { createUsers } from '../../services/accounts/users.ts'
import { createVariables } from '../../services/secrets/variables.ts'
import { eventLog } from '../observability/event-log.ts'

declare module 'fastify' {
  interface FastifyInstance { services: ReturnType<typeof compose> }
}

type Parts = Pick<FastifyInstance,
  'clock' | 'config' | 'database' | 'failureCounts' | 'crypto' | 'jwtSigner' | 'log'>

function compose (app: Parts) {
  const {
    clock, config, database, failureCounts: counts, crypto: { box, hasher }, jwtSigner: jwt, log
  } = app
  const { client: db, run } = database
  const events = eventLog(log, config)
  const access = createAccess({ db, clock })
  const accounts = createAccountReads(run)
  const writes = createWrites(database)
  const sessions = createSessions({ ...config, db, writes, clock, access })
  const tokens = createTokens({ ...config, jwt, clock, newId: randomUUID })
  const principals = createPrincipals({ access, reads: createPrincipalReads(run), sessions, tokens, clock })
  const guard = createSignInGuard({
    ...config, counts, hasher, clock, onError: err => log.warn({ err }, 'counted failures could not be cleared')
  })
  const users = createUsers({ ...config, db, clock, access, guard, hasher, sessions })
  const hashCosts = createHashCosts({ run, onError: err => log.warn({ err }, 'stored hashes could not be sampled') })
  const environmentImport = createEnvironmentImport({ ...config, db, clock, box, newId: randomUUID })
  // A sign-in that succeeded is not undone because a variable could not be made.
  const onSignIn = async (userId: string) => {
    const names = await environmentImport.offerTo(userId).catch((err: unknown) => {
      log.warn({ err, user: userId }, 'environment variables could not be imported')
      return []
    })
    if (names.length > 0) events.info({ event: 'environment_import', user: userId, names }, 'variables were imported')
  }
  return {
    guard,
    sessions,
    principals,
    users,
    userLists: createUserLists({ db }),
    apiKeys: createApiKeys({ ...config, db, writes, clock, access, box }),
    usage: createUsage({
      run,
      clock,
      writerId: randomUUID(),
      onError: err => log.warn({ err }, 'uses of API keys could not be written; they are kept for later')
    }),
    cleaner: createCleaner({
      ...config, run, clock, onError: err => log.warn({ err }, 'ended sessions could not be removed')
    }),
    auth: createAuth({
      ...config,
      db,
      accounts,
      clock,
      guard,
      hasher,
      hashCosts,
      principals,
      sessions,
      tokens,
      users,
      onSignIn
    }),
    flows: createFlows({ ...config, db, clock, newId: randomUUID }),
    flowLists: createFlowLists({ db }),
    projects: createProjects({ ...config, db, clock }),
    variables: createVariables({ ...config, db, clock, box, newId: randomUUID }),
    environmentImport,
    health: createHealth({ run }),
    keyring: createKeyring({ db, run, box, clock }),
    firstBoot: createFirstBoot({ ...config, db, accounts, clock, hasher, defaultPassword: DEFAULT_PASSWORD })
  }
}

/** `app.services`: what the product does, put together once. */
export const servicesPlugin = fp(async app => {
  const services = compose(app)
  app.decorate('services', services)
  app.addHook('onClose', async () => {
    app.closing.waitsFor = 'the database to write what is counted in memory'
    const [, unwritten] = await Promise.all([services.cleaner.close(), services.usage.close()])
    if (unwritten > 0) app.log.warn({ uses: unwritten }, 'uses of API keys were not written and are lost')
  })
}, { name: 'services', dependencies: ['config', 'clock', 'database', 'failure-counts', 'crypto', 'jwt'] })
