import fp from 'fastify-plugin'
import { readAccessRules } from '../../config/access-rules-file.ts'
import { SetupError } from '../../errors.ts'
import type { AccessRules } from '../../policy/access-rules/rules.ts'
import { knownNames } from '../../services/apps/known-names.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accessRules: {
      /** The rules in use; undefined if no file is set. */
      current: () => AccessRules | undefined
      /** Reads the file again. If it has a mistake, the rules in use stay. Never rejects. */
      reload: () => Promise<void>
    }
  }
}

/** `app.accessRules`: the rules of LANGFLOW_ACCESS_RULES_FILE. A file with mistakes fails the start. */
export const accessRulesPlugin = fp(async app => {
  const { config, log } = app
  let rules = await readAccessRules(config, knownNames)

  async function reload () {
    try {
      rules = await readAccessRules(config, knownNames)
      log.info({ file: config.accessRulesFile, rules: rules?.rules.length }, 'access rules reloaded')
    } catch (err) {
      const problems = err instanceof SetupError ? { problems: err.problems } : { err }
      log.error(problems, 'failed to reload the access rules; the old ones stay in use')
    }
  }

  app.decorate('accessRules', { current: () => rules, reload })
}, { name: 'access-rules', dependencies: ['config'] })
