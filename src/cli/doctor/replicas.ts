import { type Config, isLoopback } from '../../config.ts'
import { readDatabaseUrl } from '../../policy/database-url.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Whether the settings allow several replicas. */
export function checkReplicas (config: Config): Finding[] {
  if (config.databaseUrl === undefined) {
    return [ok('replicas',
      'one: the embedded database allows one process; several replicas need LANGFLOW_DATABASE_URL')]
  }
  if (config.secretKey === undefined) {
    return [warn('replicas', 'one only: every replica would create its own key',
      'flowgate secret-key   # set the key on every replica')]
  }
  return [ok('replicas', 'any number: keys, sessions, limits and revocations are shared')]
}

/** Whether the connection to the database can be intercepted. */
export function checkDatabaseTransport ({ databaseUrl }: Config): Finding[] {
  const { url } = databaseUrl === undefined ? {} : readDatabaseUrl(databaseUrl)
  if (!url || url.host.startsWith('/') || isLoopback(url.host)) return []
  const { host, tls, sslmode } = url
  switch (tls) {
    case 'none':
      return [warn('LANGFLOW_DATABASE_URL', `the connection to ${host} is not encrypted`, 'Add ?sslmode=verify-full to the URL.')]
    case 'no-verify':
    case 'libpq':
      return [warn('LANGFLOW_DATABASE_URL', `the connection to ${host} is encrypted, but the certificate is not verified`,
        'Use sslmode=verify-full, with sslrootcert=PATH for a private authority.')]
    case 'verify':
      return [ok('database', `the connection is encrypted, certificate and host name are verified (sslmode=${sslmode ?? 'verify-full'})`)]
  }
}
