import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { DEFAULT_PASSWORD } from '../config.ts'
import { createAuth } from '../services/auth.ts'
import type { Clock } from '../services/clock.ts'
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
  return {
    sessions,
    users,
    variables: createVariables({ ...config, db, clock, box, newId: randomUUID }),
    auth: createAuth({ ...config, db, clock, hasher, sessions, tokens, users }),
    health: createHealth({ db }),
    keyring: createKeyring({ db, box }),
    firstBoot: createFirstBoot({
      ...config, db, clock, hasher, isDefaultPassword: config.superuserPassword === DEFAULT_PASSWORD
    })
  }
}

/** `app.services`: what the product does, put together once. */
export const servicesPlugin = fp<{ clock: Clock }>(async (app, { clock }) => {
  app.decorate('services', compose(app, clock))
}, { name: 'services', dependencies: ['config', 'database', 'crypto', 'jwt'] })
