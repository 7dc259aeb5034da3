import type { Config } from '../../config.ts'
import { type Database, openFailureCounts } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { fail, type Finding, firstOf, fromProblem, ok, warn } from './finding.ts'

/** Whether somebody can administer, and whether anybody could by a password that everybody knows. */
export async function checkAccounts ({ client }: Database, { autoLogin }: Config): Promise<Finding[]> {
  const active = { isActive: true, isSuperuser: true }
  const [superusers, byDefault, accounts] = await Promise.all([
    client.user.count({ where: active }),
    client.user.findFirst({ where: { ...active, hasDefaultPassword: true }, select: { username: true } }),
    client.user.count()
  ])
  return [
    ...firstOf(
      superusers === 0 && accounts > 0 && fail('accounts', 'no active superuser: nobody can administer',
        'flowgate superuser create NAME'),
      accounts === 0 && ok('accounts', 'none yet: the first start makes the superuser'),
      ok('accounts', `${accounts}, of which ${superusers} active superuser${superusers === 1 ? '' : 's'}`)
    ),
    ...(byDefault && !autoLogin
      ? [warn('accounts', `${byDefault.username} still has the default password`, `flowgate superuser reset-password ${byDefault.username}`)]
      : [])
  ]
}

/** Where failed sign-ins are counted, and whether every replica counts there. */
export async function checkLimits (config: Config, database: Database): Promise<Finding[]> {
  const { rateLimitEnabled, rateLimitStorageUri: uri = 'memory://', databaseConnectSeconds, databaseUrl } = config
  if (!rateLimitEnabled) {
    return [warn('LANGFLOW_RATE_LIMIT_ENABLED', 'guessing passwords is slowed by nothing',
      'Set LANGFLOW_RATE_LIMIT_ENABLED=true.')]
  }
  const isRedis = uri !== 'memory://'
  try {
    const counts = await openFailureCounts({
      ...config,
      databaseConnectSeconds: Math.min(databaseConnectSeconds, 5),
      ...database,
      clock: database.clock.now,
      onError: () => {}
    })
    await counts.release([{ account: 'doctor', network: '', hasPlace: false, clears: false }])
      .finally(() => counts.close())
    const where = isRedis ? 'in Redis' : 'in the database'
    return [ok('limits', `failed sign-ins are counted ${where}${isRedis || databaseUrl ? ', for all replicas together' : ''}`)]
  } catch (error) {
    if (error instanceof SetupError) return error.problems.map(fromProblem('fail'))
    return [fail('LANGFLOW_RATE_LIMIT_STORAGE_URI', 'the store of the limits does not answer',
      'Check it: redis-cli -u URI ping')]
  }
}
