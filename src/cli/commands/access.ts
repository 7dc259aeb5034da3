import { Command } from 'commander'
import type { Config } from '../../config.ts'
import type { Explanation } from '../../services/apps/explanation.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, UsageError, withEnvFile,
  withExamples, withJson
} from '../command.ts'
import { withAccounts } from '../operations/load-accounts.ts'
import { readConfig } from '../settings-source.ts'
import { styled } from '../terminal/style.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions & { as?: string }

const loadOperations = () => import('../operations/access.ts')

async function list (config: Config, { json }: Options): Promise<number> {
  const { accessRulesFile: file } = config
  const rules = await (await loadOperations()).listRules(config)
  if (json) {
    printJson({ file, rules })
    return exitCodes.fine
  }
  const rows = rules.map(({ line, hosts, paths, methods, allow, audience }) =>
    [line, hosts.join(', '), paths?.join(', ') ?? 'all', methods?.join(', ') ?? 'all', allow, audience ?? ''])
  console.log(await formatTable(['line', 'hosts', 'paths', 'methods', 'allow', 'audience'], rows))
  console.log(`\n${file} is valid. The first rule that matches decides; without a match, a request is refused.`)
  return exitCodes.fine
}

const words: Record<Explanation['decision'], ['green' | 'yellow' | 'red', string]> = {
  allowed: ['green', 'Allowed'], sign_in_required: ['yellow', 'Sign-in required'], refused: ['red', 'Refused']
}

function print ({ decision, lines, reasons, audience }: Explanation, what: string, file: string | undefined) {
  const [colour, word] = words[decision]
  const [first, other] = lines.map(line => `${file}:${line}`)
  console.log(`${styled(colour, word)}: ${what}`)
  if (other !== undefined) {
    console.log(`The rules at ${first} and ${other} decide, because the path can be read in two ways.`)
  } else if (first !== undefined) console.log(`The rule at ${first} decides.`)
  for (const { text } of reasons) console.log(text)
  if (audience !== undefined) console.log(`The app receives an identity token for the audience ${audience}.`)
}

/** `flowgate access`: the rules who may use the protected apps. */
export const accessCommand: MakeCommand = ({ env, ends }) => {
  async function explain (method: string, url: string, options: Options): Promise<number> {
    const config = readConfig(env, options)
    const { as: name } = options
    const read = name === undefined
      ? undefined
      : () => withAccounts(env, options, accounts => accounts.readAccount(name))
    const { explainRequest } = await loadOperations()
    const { method: verb, user, explanation } = await explainRequest(config, method, url, read)
    if (options.json) printJson({ method: verb, url, account: user?.username ?? null, ...explanation })
    else {
      const state = user?.isActive === false ? ', whose account is inactive' : ''
      const who = user ? `as ${user.username}${state}` : 'without a credential'
      print(explanation, `${verb} ${url} ${who}`, config.accessRulesFile)
    }
    return explanation.decision === 'allowed' ? exitCodes.fine : exitCodes.failed
  }

  const check = withJson(withEnvFile(new Command('check')))
    .description('check the file of access rules, or explain the decision about a request')
    .argument('[method]', 'method of the request, e.g. GET')
    .argument('[url]', 'URL of the request')
    .option('--as <name>', 'the request of this account, signed in with its password')
    .addHelpText('after', '\nExits with 0 when the rules are valid or the request is allowed, 1 when it is not, ' +
      '78 when the rules are invalid.')
    .action(ends(async (method: string | undefined, url: string | undefined, options: Options) => {
      if (method !== undefined) return explain(method, url ?? '', options)
      if (options.as !== undefined) throw new UsageError('--as needs a method and a URL')
      return list(readConfig(env, options), options)
    }))
  return withExamples(
    new Command('access').description('check the rules who may use the protected apps').addCommand(check),
    [
      ['flowgate access check', 'checks the file and lists its rules'],
      ['flowgate access check GET https://app.example.org/ --as ada', 'says which rule decides, and what is missing']
    ]
  )
}
