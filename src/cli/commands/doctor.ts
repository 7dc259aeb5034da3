import { Command } from 'commander'
import { type Config, loadConfig, settings } from '../../config.ts'
import { SetupError } from '../../errors.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../command.ts'
import { type Finding, fromProblem, type Level, ok, warn } from '../doctor/finding.ts'
import { isInstalled } from '../operations/installation.ts'
import { settingsSources } from '../settings-source.ts'
import { styled } from '../terminal/style.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions & { settings?: true }

/** Longer than this nobody waits for a diagnosis. */
const CONNECT_SECONDS = 5

const clock = () => new Date()

/** Looks at everything the settings name; makes and changes nothing. */
async function examine (config: Config): Promise<Finding[]> {
  const [{ checkNetwork }, { readKeys, checkKeys }, { checkReplicas, checkDatabaseTransport }, database, accounts] =
    await Promise.all([import('../doctor/network.ts'), import('../doctor/keys.ts'), import('../doctor/replicas.ts'),
      import('../doctor/database.ts'), import('../doctor/accounts.ts')])
  const { box, findings: keys } = readKeys(config)
  const before = [
    ...config.warnings.length > 0
      ? config.warnings.map(fromProblem('warn'))
      : [ok('settings', 'nothing is wrong or unsafe')],
    ...checkNetwork(config, clock()), ...checkDatabaseTransport(config), ...keys
  ]
  if (!isInstalled(config)) {
    return [...before, ok('database', `none yet: the first start makes it in ${config.configDir}`), ...checkReplicas(config)]
  }
  const { lendDatabase } = await import('../operations/open-database.ts')
  const bounded = { ...config, databaseConnectSeconds: Math.min(config.databaseConnectSeconds, CONNECT_SECONDS) }
  const inside = await lendDatabase(bounded, async open => {
    const found = await database.checkDatabase(open, config, clock)
    const { isCurrent, findings } = await database.checkMigrations(open)
    const rest = isCurrent
      ? [...await checkKeys(open, box), ...await accounts.checkAccounts(open, config),
          ...await accounts.checkLimits(config, open)]
      : []
    return [...found, ...findings, ...rest]
  }).catch((error: unknown) => {
    if (!(error instanceof SetupError)) throw error
    return error.problems.map(problem => isHeld(problem.problem)
      ? warn('database', 'the server has the embedded database open: it was not looked at',
        'Stop the server for a moment, and ask again.')
      : fromProblem('fail')(problem))
  })
  return [...before, ...inside, ...checkReplicas(config)]
}

const isHeld = (problem: string) => problem === 'another process has the embedded database open'

/** Every setting with its value, its source and, of a settings file, the line; secrets are masked. */
function effective (config: Config) {
  const values = config as unknown as Readonly<Record<string, unknown>> // by the keys of the schema
  return settings.map(({ name, key, secret }) => {
    const value = values[key]
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0)
    const shown = Array.isArray(value) ? value.join(',') : String(value)
    return {
      name,
      value: isEmpty ? null : secret ? '********' : shown,
      source: config.origins[name] ?? 'default',
      line: config.lines[name] ?? null
    }
  })
}

const looks: Record<Level, ['green' | 'yellow' | 'red', string]> = {
  ok: ['green', 'OK  '], warn: ['yellow', 'WARN'], fail: ['red', 'FAIL']
}

async function print (findings: Finding[], config: Config | undefined, withSettings: boolean) {
  if (config && withSettings) {
    const rows = effective(config)
    console.log(await formatTable(['setting', 'value', 'source'], rows.map(({ name, value, source, line }) =>
      [name, value ?? '', line === null ? source : `${source}:${line}`])))
  }
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  for (const { level, subject, says, fix } of findings) {
    const [colour, word] = looks[level]
    console.log(`${styled(colour, word)}  ${subject.padEnd(width)}  ${says}`)
    if (fix) console.log(`${' '.repeat(width + 8)}→ ${fix}`)
  }
  const count = (wanted: Level) => findings.filter(({ level }) => level === wanted).length
  console.log(`\n${count('ok')} OK, ${count('warn')} WARN, ${count('fail')} FAIL`)
}

/** `flowgate doctor`: what is wrong or unsafe about this set-up, and what mends it. */
export const doctorCommand: MakeCommand = ({ env, ends }) => withExamples(
  withJson(withEnvFile(new Command('doctor')))
    .description('check settings, database, keys and network, and say what mends them')
    .option('--settings', 'also print every setting with its source, secrets masked')
    .addHelpText('after',
      '\nExits 0 when nothing failed (warnings are allowed), 1 when something did, 78 when the settings are bad.')
    .action(ends(async (options: Options) => {
      let config: Config | undefined
      let findings: Finding[]
      let code: number
      try {
        config = loadConfig(settingsSources(env, options))
        findings = await examine(config)
        code = findings.some(({ level }) => level === 'fail') ? exitCodes.failed : exitCodes.fine
      } catch (error) {
        if (!(error instanceof SetupError)) throw error
        findings = error.problems.map(fromProblem('fail'))
        code = error.exitCode
      }
      if (options.json) printJson({ findings, settings: config ? effective(config) : undefined })
      else await print(findings, config, options.settings === true)
      return code
    })),
  [
    ['flowgate doctor --env-file secured.env', 'before a start, or when something is odd'],
    ['flowgate doctor --json | jq \'.findings[] | select(.level != "ok")\'', 'for a monitor']
  ]
)
