import type { Config } from '../../config.ts'
import { type Finding, ok, warn } from './finding.ts'

/** What holds for one process and would not for two. */
export function checkReplicas (config: Config): Finding[] {
  if (config.databaseUrl === undefined) {
    return [ok('replicas',
      'one process: the embedded database is open to one at a time; more need LANGFLOW_DATABASE_URL')]
  }
  if (config.secretKey === undefined) {
    return [warn('replicas', 'one process only, while every replica would make a key of its own',
      'flowgate secret-key   # set it for every replica')]
  }
  return [ok('replicas', 'any number: key, sessions, limits and revocations are shared')]
}

/** Whether the path to the database can be listened to. */
export function checkDatabaseTransport ({ databaseUrl }: Config): Finding[] {
  if (databaseUrl === undefined) return []
  const { hostname, searchParams } = new URL(databaseUrl)
  const isNear = ['', 'localhost', '127.0.0.1', '[::1]'].includes(hostname)
  const mode = searchParams.get('sslmode') ?? (searchParams.get('ssl') === 'true' ? 'require' : 'none')
  if (isNear) return []
  return [['none', 'disable', 'allow', 'prefer'].includes(mode)
    ? warn('LANGFLOW_DATABASE_URL', `the connection to ${hostname} is not encrypted`, 'Add ?sslmode=verify-full to the URL.')
    : ok('database', `the connection is encrypted (sslmode=${mode})`)]
}
