import { Command } from 'commander'
import { type Config, settings } from '../../config.ts'
import { SetupError } from '../../errors.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../command.ts'
import { type Finding, fromProblem, type Level, ok, warn } from '../doctor/finding.ts'
import { isInstalled } from '../operations/installation.ts'
import { readConfig } from '../settings-source.ts'
import { styled } from '../terminal/style.ts'
import { formatTable } from '../terminal/table.ts'

type Options = SettingsOptions & JsonOptions & { settings?: true }

/** A diagnosis waits no longer for a database. */
const CONNECT_SECONDS = 5

/** Checks everything that the settings name. Changes nothing. */
async function examine (config: Config): Promise<Finding[]> {
  const [{ checkNetwork }, { checkApps }, { readKeys }, { checkReplicas, checkDatabaseTransport }] = await Promise.all([
    import('../doctor/network.ts'), import('../doctor/apps.ts'), import('../doctor/keys.ts'),
    import('../doctor/replicas.ts')
  ])
  const { box, findings: keys } = readKeys(config)
  const before = [
    ...config.warnings.length > 0
      ? config.warnings.map(fromProblem('warn'))
      : [ok('settings', 'nothing is wrong or unsafe')],
    ...checkNetwork(config, new Date()), ...await checkApps(config), ...checkDatabaseTransport(config), ...keys
  ]
  if (!isInstalled(config)) {
    return [...before, ok('database', `none yet: the first start creates it in ${config.configDir}`),
      ...checkReplicas(config)]
  }
  const { withInspection } = await import('../operations/inspection.ts')
  const bounded = { ...config, databaseConnectSeconds: Math.min(config.databaseConnectSeconds, CONNECT_SECONDS) }
  const inside = await withInspection(bounded, box, ({ examine: ask }) => ask()).catch((error: unknown) => {
    if (!(error instanceof SetupError)) throw error
    return error.problems.map(problem => isHeld(problem.problem)
      ? warn('database', 'another process has the embedded database open: it was not checked',
        'Stop that process, or wait until the server serves, and run the command again.')
      : fromProblem('fail')(problem))
  })
  return [...before, ...inside, ...checkReplicas(config)]
}

const isHeld = (problem: string) => problem === 'another process has the embedded database open'

/** Every setting with its value, its source and, for a settings file, the line. Secrets are masked. */
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
    console.log(await formatTable([{ id: 'setting' }, 'value', 'source'], rows.map(({ name, value, source, line }) =>
      [name, value ?? '', line === null ? source : `${source}:${line}`])) + '\n')
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

/** `flowgate doctor`: finds what is wrong or unsafe about an installation, with the remedies. */
export const doctorCommand: MakeCommand = ({ env, ends }) => withExamples(
  withJson(withEnvFile(new Command('doctor')))
    .description('check settings, database, keys and network, and name the remedies')
    .option('--settings', 'also print every setting with its source; secrets are masked')
    .addHelpText('after',
      '\nExits with 0 when no check failed (warnings are allowed), 1 when one did, 78 when the settings are invalid.')
    .action(ends(async (options: Options) => {
      let config: Config | undefined
      let findings: Finding[]
      let code: number
      try {
        config = readConfig(env, options)
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
    ['flowgate doctor --env-file secured.env', 'before a start, or when something fails'],
    ['flowgate doctor --json | jq \'.findings[] | select(.level != "ok")\'', 'for a monitor']
  ]
)
