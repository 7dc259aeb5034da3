import type { Config } from '../../config.ts'
import { type Database, openFailureCounts } from '../../db.ts'
import { SetupError } from '../../errors.ts'
import { fail, type Finding, firstOf, fromProblem, ok, warn } from './finding.ts'

/** Whether there is an active superuser, and whether one still has the default password. */
export async function checkAccounts ({ client }: Database, { autoLogin }: Config): Promise<Finding[]> {
  const active = { isActive: true, isSuperuser: true, isService: false }
  const [superusers, byDefault, accounts] = await Promise.all([
    client.user.count({ where: active }),
    client.user.findFirst({ where: { ...active, hasDefaultPassword: true }, select: { username: true } }),
    client.user.count()
  ])
  return [
    ...firstOf(
      superusers === 0 && accounts > 0 && fail('accounts', 'there is no active superuser',
        'flowgate superuser create NAME'),
      accounts === 0 && ok('accounts', 'none yet: the first start creates the superuser'),
      ok('accounts', `${accounts} accounts, ${superusers} of them active superusers`)
    ),
    ...(byDefault && !autoLogin
      ? [warn('accounts', `${byDefault.username} still has the default password`, `flowgate superuser reset-password ${byDefault.username}`)]
      : [])
  ]
}

/** Where failed sign-ins are counted, and whether all replicas share the counts. */
export async function checkLimits (config: Config, database: Database): Promise<Finding[]> {
  const { rateLimitEnabled, rateLimitStorageUri: uri = 'memory://', databaseConnectSeconds, databaseUrl } = config
  if (!rateLimitEnabled) {
    return [warn('LANGFLOW_RATE_LIMIT_ENABLED', 'failed sign-ins are not throttled',
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
    return [ok('limits', `failed sign-ins are counted ${where}${isRedis || databaseUrl ? ', shared by all replicas' : ''}`)]
  } catch (error) {
    if (error instanceof SetupError) return error.problems.map(fromProblem('fail'))
    return [fail('LANGFLOW_RATE_LIMIT_STORAGE_URI', 'the store of the sign-in limits does not respond',
      'Check it: redis-cli -u URI ping')]
  }
}
