import { readAccessRules } from '../../config/access-rules-file.ts'
import type { Config } from '../../config.ts'
import { SetupError } from '../../errors.ts'
import { UsageError } from '../command.ts'
import type { PublicUser } from '../../db.ts'
import type { AccessRules } from '../../policy/access-rules/rules.ts'
import { describeAllow, describeRule, explain, type Explanation, readRequest } from '../../services/apps/explanation.ts'
import { knownNames } from '../../services/apps/known-names.ts'

/** A rule in words. Undefined: all of them. */
export type RuleText = {
  line: number, hosts: string[], paths: string[] | undefined, methods: string[] | undefined, allow: string
  audience: string | undefined
}

/** @throws SetupError without a file, or with every mistake in it */
async function openRules (config: Config): Promise<AccessRules> {
  const rules = await readAccessRules(config, knownNames)
  if (rules) return rules
  throw new SetupError([{
    subject: 'LANGFLOW_ACCESS_RULES_FILE',
    problem: 'is not set: no app is protected',
    remedy: 'Name a YAML file of access rules (docs/protecting-apps.md).'
  }], { exitCode: 1 })
}

/** The rules of the file, in their order. */
export async function listRules (config: Config): Promise<RuleText[]> {
  const { rules } = await openRules(config)
  return rules.map(rule => ({
    line: rule.line, ...describeRule(rule), allow: describeAllow(rule), audience: rule.audience
  }))
}

/**
 * Explains the decision about a request.
 * @param readAccount reads the account; undefined for a client without a credential
 * @throws UsageError if the URL or the method is none
 */
export async function explainRequest (
  config: Config, method: string, url: string, readAccount: (() => Promise<PublicUser>) | undefined
): Promise<{ method: string, user: PublicUser | undefined, explanation: Explanation }> {
  const rules = await openRules(config)
  const request = readRequest(method, url)
  if (!request) throw new UsageError('give a method and an http or https URL, e.g. GET https://app.example.org/')
  const user = await readAccount?.()
  return { method: request.method, user, explanation: explain(rules, request, user) }
}
