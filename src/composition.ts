import { randomUUID } from 'node:crypto'
import { type Config, DEFAULT_PASSWORD } from './config.ts'
import type { PasswordHasher } from './crypto/passwords.ts'
import type { SecretBox } from './crypto/secret-box.ts'
import {
  createAccountReads, createPrincipalReads, createRateCounters, createWrites, type Database, type FailureCounts
} from './db.ts'
import type { AccessRules } from './policy/access-rules/rules.ts'
import { createAccessCache } from './services/access/access-cache.ts'
import { createPrincipals } from './services/access/principals.ts'
import { createAccountStates } from './services/accounts/account-states.ts'
import { createAdministration } from './services/accounts/administration.ts'
import { createFirstBoot } from './services/accounts/first-boot.ts'
import { createPasswordChange } from './services/accounts/password-change.ts'
import { createServiceAccounts } from './services/accounts/service-accounts.ts'
import { createUserLists } from './services/accounts/user-lists.ts'
import { createUsers } from './services/accounts/users.ts'
import { createAppPrincipals } from './services/apps/app-principals.ts'
import { createProtectedApps } from './services/apps/protected-apps.ts'
import { createEventSink, type WriteEvent } from './services/audit/sink.ts'
import { createFlowLists } from './services/content/flow-lists.ts'
import { createFlows } from './services/content/flows.ts'
import { createProjects } from './services/content/projects.ts'
import { createApiKeys } from './services/credentials/api-keys.ts'
import { createKeyLists } from './services/credentials/key-lists.ts'
import { createKeyUse } from './services/credentials/key-use.ts'
import { createRateLimits } from './services/credentials/rate-limits.ts'
import { createUsage } from './services/credentials/usage.ts'
import { createEnvironmentImport } from './services/secrets/environment-import.ts'
import { createKeyring } from './services/secrets/keyring.ts'
import { createRotation } from './services/secrets/rotation.ts'
import { createVariables } from './services/secrets/variables.ts'
import { createAutoLogin } from './services/sign-in/auto-login.ts'
import { createHashCosts } from './services/sign-in/hash-costs.ts'
import { createPasswordMethod } from './services/sign-in/password.ts'
import { createSessionTokens } from './services/sign-in/session-tokens.ts'
import { createSessions } from './services/sign-in/sessions.ts'
import { createSignIn } from './services/sign-in/sign-in.ts'
import { createSignInGuard } from './services/sign-in/throttling/sign-in-guard.ts'
import { createTokens, type JwtSigner } from './services/sign-in/tokens.ts'
import { createIdentityTokens } from './services/tokens/identity-tokens.ts'
import { createPresentedTokens } from './services/tokens/presented-tokens.ts'
import { createSigningKeys } from './services/tokens/signing-keys.ts'
import { createTokenSigners } from './services/tokens/token-signers.ts'
import { createCleaner } from './services/upkeep/cleaner.ts'
import type { Clock } from './services/upkeep/clock.ts'
import { createHealth } from './services/upkeep/health.ts'

/** The dependencies of the services. */
export type Parts = {
  config: Config
  database: Database
  clock: Clock
  /** Where failed sign-ins are counted. */
  counts: FailureCounts
  hasher: PasswordHasher
  box: SecretBox
  /** Writes security events to the log. */
  writeEvent: WriteEvent
  /** Called with the cause when work beside a request failed; `problem` describes it for the log. */
  onError: (cause: unknown, problem: string) => void
}

/** The services for stored secrets and for keys. */
export function composeSecrets (
  { config, database: { client: db, run }, clock, box, writeEvent, onError }: Omit<Parts, 'counts' | 'hasher'>
) {
  const events = createEventSink({ db, write: writeEvent })
  const keyring = createKeyring({ db, run, box, clock })
  return {
    events,
    keyring,
    rotation: createRotation({ db, events, box, keyring }),
    signingKeys: createSigningKeys({ ...config, run, events, clock, box, onError })
  }
}

/** The services that the server and the commands share. They start no timers. */
export function composeServices (parts: Parts) {
  const { config, database, clock, counts, hasher, box, onError } = parts
  const { client: db } = database
  const secrets = composeSecrets(parts)
  const { events } = secrets
  const access = createAccessCache({ events, clock })
  const writes = createWrites(database)
  const sessions = createSessions({ ...config, db, writes, clock, access, events })
  const guard = createSignInGuard({
    ...config, counts, hasher, clock, onError: cause => onError(cause, 'failed to clear the failed sign-ins')
  })
  const userLists = createUserLists({ db })
  const users = createUsers({ ...config, db, clock, access, events, guard, hasher, sessions })
  return {
    ...secrets,
    access,
    sessions,
    guard,
    users,
    userLists,
    accountStates: createAccountStates({ db, events, guard, userLists }),
    administration: createAdministration({ db, events, guard, users }),
    serviceAccounts: createServiceAccounts({ db, events, clock }),
    apiKeys: createApiKeys({ ...config, db, writes, clock, access, events, box }),
    keyLists: createKeyLists({ db, clock })
  }
}

/** All services of the server. The caller closes `usage`, `rateLimits` and `cleaner`. */
export function composeServer (parts: Parts & { jwt: JwtSigner, currentRules: () => AccessRules | undefined }) {
  const { config, database, clock, hasher, box, jwt, currentRules, onError } = parts
  const { client: db, run } = database
  const shared = composeServices(parts)
  const { access, apiKeys, events, guard, sessions, signingKeys } = shared
  const accounts = createAccountReads(run)
  const { activeKey, accessTokenSigner } = createTokenSigners({ ...config, signingKeys, clock })
  const tokens = createTokens({ ...config, jwt, accessTokenSigner, clock, newId: randomUUID })
  const principals = createPrincipals({
    ...tokens, ...sessions, access, reads: createPrincipalReads(run), clock
  })
  const environmentImport = createEnvironmentImport({ ...config, db, events, clock, box, newId: randomUUID })
  const sessionTokens = createSessionTokens({ principals, sessions, tokens })
  const usage = createUsage({
    run,
    clock,
    writerId: randomUUID(),
    onError: cause => onError(cause, 'failed to write the uses of API keys; they will be written later')
  })
  const rateLimits = createRateLimits({
    counters: createRateCounters(run),
    clock,
    onError: cause => onError(cause, 'failed to store the counters of rate limits; they will be stored later')
  })
  const keyUse = createKeyUse({ principals, usage, rateLimits })
  const identityTokens = createIdentityTokens({ ...config, events, activeKey, clock, newId: randomUUID })
  const hashCosts = createHashCosts({ run, onError: cause => onError(cause, 'failed to sample the stored hashes') })
  return {
    ...shared,
    principals,
    environmentImport,
    passwordMethod: createPasswordMethod({ ...config, accounts, clock, guard, hasher, hashCosts }),
    autoLogin: createAutoLogin({ ...config, db, clock }),
    signIn: createSignIn({
      sessions,
      tokens,
      // A variable that cannot be created must not fail the sign-in.
      onSignIn: (userId, caller) => environmentImport.offerTo(userId, caller)
        .catch((cause: unknown) => onError(cause, 'failed to import environment variables'))
    }),
    sessionTokens,
    protectedApps: createProtectedApps({
      ...config, currentRules, appPrincipals: createAppPrincipals({ principals, keyUse }), identityTokens, events
    }),
    presentedTokens: createPresentedTokens({ principals, sessionTokens, apiKeys, keyUse, identityTokens, events }),
    changePassword: createPasswordChange({ ...config, db, clock, access, events, guard, hasher, sessions, tokens }),
    keyUse,
    usage,
    rateLimits,
    cleaner: createCleaner({
      ...config, run, clock, onError: cause => onError(cause, 'failed to delete ended sessions')
    }),
    flows: createFlows({ ...config, db, clock, newId: randomUUID }),
    flowLists: createFlowLists({ db }),
    projects: createProjects({ ...config, db, clock }),
    variables: createVariables({ ...config, db, events, clock, box, newId: randomUUID }),
    health: createHealth({ run }),
    firstBoot: createFirstBoot({ ...config, events, accounts, clock, hasher, defaultPassword: DEFAULT_PASSWORD })
  }
}

/** The services of the server. */
export type Services = ReturnType<typeof composeServer>
