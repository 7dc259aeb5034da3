import type { Config } from '../../config.ts'
import { readAccessRules } from '../../config/access-rules-file.ts'
import { SetupError } from '../../errors.ts'
import { createCookieReach } from '../../policy/forward-auth/cookie-reach.ts'
import { describeRule } from '../../services/apps/explanation.ts'
import { knownNames } from '../../services/apps/known-names.ts'
import { type Finding, fromProblem, ok, warn } from './finding.ts'

/** The access rules, and whether browsers stay signed in at the hosts that they name. */
export async function checkApps (config: Config): Promise<Finding[]> {
  const { accessRulesFile: file, cookieDomain } = config
  if (file === undefined) return []
  try {
    const { rules = [] } = await readAccessRules(config, knownNames) ?? {}
    const reaches = createCookieReach(config)
    const closed = rules.filter(({ allow }) => allow !== 'anyone')
    const unreached = [...new Set(closed.flatMap(({ hosts }) => hosts.map(({ name }) => name)))]
      .filter(name => !reaches({ name, port: '' }))
    const impossible = rules.filter(({ allow }) => allow !== 'anyone' && allow.secondFactor)
    const count = new Set(rules.flatMap(rule => describeRule(rule).hosts)).size
    return [
      ok('apps', `${rules.length} access rules for ${count} hosts in ${file}`),
      ...unreached.length === 0
        ? []
        : [warn('apps', `browsers do not send the session cookie to ${unreached.join(', ')}: only API keys and tokens work there`,
            cookieDomain === undefined
              ? 'Set LANGFLOW_COOKIE_DOMAIN to the domain that this server and the apps share.'
              : 'Use hosts below LANGFLOW_COOKIE_DOMAIN.')],
      ...impossible.map(({ line }) => warn('apps',
        `the rule at ${file}:${line} requires a second factor, and no sign-in method of this version has one: it refuses everyone`,
        'Remove `second_factor` from the rule.'))
    ]
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    return error.problems.map(fromProblem('fail'))
  }
}
