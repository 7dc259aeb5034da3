import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { DEFAULT_PASSWORD } from '../config.ts'
import { createAuth } from '../services/auth.ts'
import type { Clock } from '../services/clock.ts'
import { createEnvironmentImport } from '../services/environment-import.ts'
import { createFirstBoot } from '../services/first-boot.ts'
import { createHealth } from '../services/health.ts'
import { createKeyring } from '../services/keyring.ts'
import { createSessions } from '../services/sessions.ts'
import { createTokens } from '../services/tokens.ts'
import { createUsers } from '../services/users.ts'
import { createVariables } from '../services/variables.ts'

declare module 'fastify' {
  interface FastifyInstance { services: ReturnType<typeof compose> }
}

type Parts = Pick<FastifyInstance, 'config' | 'database' | 'crypto' | 'jwtSigner' | 'log'>

function compose (app: Parts, clock: Clock) {
  const { config, database: { client: db }, crypto: { box, hasher }, jwtSigner: jwt, log } = app
  const sessions = createSessions({
    ...config,
    db,
    clock,
    onReuse: session => log.warn({ event: 'refresh_reuse', sid: session.id, user: session.userId },
      'a refresh token was used twice: the session is over')
  })
  const tokens = createTokens({ ...config, jwt, clock, newId: randomUUID })
  const users = createUsers({ ...config, db, clock, hasher, sessions })
  const environmentImport = createEnvironmentImport({ ...config, db, clock, box, newId: randomUUID })
  // A sign-in that succeeded is not undone because a variable could not be made.
  const onSignIn = async (userId: string) => {
    const names = await environmentImport.offerTo(userId).catch((err: unknown) => {
      log.warn({ err, user: userId }, 'environment variables could not be imported')
      return []
    })
    if (names.length > 0) log.info({ event: 'environment_import', user: userId, names }, 'variables were imported')
  }
  return {
    sessions,
    users,
    variables: createVariables({ ...config, db, clock, box, newId: randomUUID }),
    environmentImport,
    auth: createAuth({ ...config, db, clock, hasher, sessions, tokens, users, onSignIn }),
    health: createHealth({ db }),
    keyring: createKeyring({ db, box, clock }),
    firstBoot: createFirstBoot({
      ...config, db, clock, hasher, isDefaultPassword: config.superuserPassword === DEFAULT_PASSWORD
    })
  }
}

/** `app.services`: what the product does, put together once. */
export const servicesPlugin = fp<{ clock: Clock }>(async (app, { clock }) => {
  app.decorate('services', compose(app, clock))
}, { name: 'services', dependencies: ['config', 'database', 'crypto', 'jwt'] })
