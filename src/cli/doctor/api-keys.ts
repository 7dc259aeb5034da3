import type { Config } from '../../config.ts'
import type { Database } from '../../db.ts'
import { type Finding, ok, warn } from './finding.ts'

const DAY_MS = 86_400_000

/** Whether active keys expire later than LANGFLOW_API_KEY_MAX_DAYS permits for new keys. */
export async function checkKeyLifetimes (
  { client, clock }: Pick<Database, 'client' | 'clock'>, { apiKeyMaxDays }: Pick<Config, 'apiKeyMaxDays'>
): Promise<Finding[]> {
  if (apiKeyMaxDays === undefined) return []
  const latest = new Date(clock.now().getTime() + apiKeyMaxDays * DAY_MS)
  const [eternal, late] = await Promise.all([
    client.apiKey.count({ where: { isActive: true, expiresAt: null } }),
    client.apiKey.count({ where: { isActive: true, expiresAt: { gt: latest } } })
  ])
  if (eternal + late === 0) return [ok('API keys', `all expire within ${apiKeyMaxDays} days`)]
  return [warn('API keys', `${eternal} never expire, and ${late} expire later than in ${apiKeyMaxDays} days ` +
    '(LANGFLOW_API_KEY_MAX_DAYS limits new keys only)',
  'Rotate or revoke them: flowgate api-key list --all')]
}
