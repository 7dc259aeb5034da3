import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import t from 'tap'
import { createProgram } from '../../src/cli/program.ts'
import { PASSWORD } from '../helpers/app.ts'
import { runCli, temporaryFolder } from '../helpers/cli.ts'
import { createPostgres, needsPostgres } from '../helpers/database.ts'
import { serverEnv } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ESCAPE = String.fromCharCode(27)

const leaves = (command: Command, path: string[] = []): string[][] => command.commands.length === 0
  ? [path]
  : command.commands.flatMap(child => leaves(child, [...path, child.name()]))
const all = leaves(createProgram({ env: {}, ends: () => async () => {} }))

t.test('every command explains itself, and refuses what it does not know', async t => {
  t.ok(all.length > 15)
  await Promise.all(all.map(async path => {
    const help = await runCli(t, [...path, '--help'])
    t.match(help, { code: 0, stderr: '', stdout: `Usage: flowgate ${path.join(' ')}` })
  }))
  for (const [args, code] of [
    [[], 0], [['--version'], 0], [['dance'], 2], [['users'], 2], [['run', '--nonsense'], 2], [['completion', 'csh'], 2],
    [['run', '--env-file', 'missing.env'], 78], [['run', '--port', 'x'], 78]
  ] as Array<[string[], number]>) t.equal((await runCli(t, args)).code, code, args.join(' '))
  t.match((await runCli(t, ['--help'])).stdout, /Exit codes: 0 success, 1 failed or refused, 2 invalid usage, 78 invalid/)
  t.match((await runCli(t, ['usres'])).stderr, /Did you mean users/)
})

t.test('commands create nothing where there is no installation', async t => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'home')
  const input = `${PASSWORD}\n`
  for (const args of [
    ['users', 'list'], ['users', 'create', 'ada'], ['api-key', 'list', 'ada'], ['superuser', 'unlock', 'ada'],
    ['superuser', 'create', 'ada'], ['api-key', 'create', 'ci', '--service'],
    ['secrets', 'status'], ['secrets', 'rotate'], ['migrate', 'status']
  ]) {
    // With a key and without: a missing key is not the first complaint.
    for (const env of [serverEnv, {}]) {
      const { code, stderr } = await runCli(t, args, { ...env, LANGFLOW_CONFIG_DIR: home }, { cwd: folder, input })
      t.equal(code, 1, args.join(' '))
      t.match(stderr, `LANGFLOW_CONFIG_DIR (environment): there is no installation in ${home}`)
    }
  }
  t.equal((await runCli(t, ['doctor'], { LANGFLOW_CONFIG_DIR: home }, { cwd: folder })).code, 0)
  t.strictSame(readdirSync(folder), [])
})

t.test('migrate status creates no database, migrate deploy does', async t => {
  const cwd = temporaryFolder(t)
  const run = (...words: string[]) => runCli(t, ['migrate', ...words], {}, { cwd })
  t.match(await run('status'), { code: 1, stderr: /there is no installation in/ })
  t.notOk(existsSync(join(cwd, '.flowgate')))
  t.match(await run('deploy', '--json'), { code: 0, stdout: /accounts_and_sessions/ })
  t.match(await run('status'), { code: 0, stdout: /^MIGRATION +STATE\n\d+\w+ +applied\n/ })
})

t.test('openapi prints the document of this version', async t => {
  const yaml = readFileSync(join(root, 'openapi.yaml'), 'utf8')
  t.equal((await runCli(t, ['openapi'])).stdout, yaml)
  const cwd = temporaryFolder(t)
  await runCli(t, ['openapi', '--json', '--output', 'api.json'], {}, { cwd })
  t.match(JSON.parse(readFileSync(join(cwd, 'api.json'), 'utf8')), { openapi: /^3\.1/, info: { title: 'Flowgate' } })
})

t.test('bash completes commands, options and shells', async t => {
  const { stdout } = await runCli(t, ['completion', 'bash'])
  const complete = (...words: string[]) => execFileSync('bash', ['-c', `${stdout}
    COMP_WORDS=(flowgate "$@"); COMP_CWORD=$#; _flowgate; echo "\${COMPREPLY[@]}"`, 'bash', ...words], { encoding: 'utf8' }).trim()
  t.equal(complete('us'), 'users')
  t.match(complete(''), /^run health doctor /)
  t.equal(complete('users', 'd'), 'deactivate delete')
  t.equal(complete('users', '--env-file', 'x', 'li'), 'list')
  t.equal(complete('users', 'list', '--wa'), '--waiting')
  t.equal(complete('completion', 'f'), 'fish')
  t.equal(complete('api-key', 'r'), 'rotate revoke')
  t.equal(complete('api-key', 'create', 'ci', '--s'), '--scope --service')
})

for (const shell of ['zsh', 'fish'] as const) {
  const isThere = ['/usr/bin', '/bin', '/usr/local/bin'].some(folder => existsSync(join(folder, shell)))
  t.test(`${shell} reads its script`, isThere ? {} : { skip: `no ${shell} here` }, async t => {
    const { stdout } = await runCli(t, ['completion', shell])
    execFileSync(shell, ['-n'], { input: stdout })
    t.match(stdout, /deactivate/)
  })
}

t.test('on a terminal the password is asked for twice and never shown', needsPostgres, async t => {
  const { url, drop } = await createPostgres()
  t.teardown(drop)
  const env = { ...serverEnv, LANGFLOW_DATABASE_URL: url }
  t.equal((await runCli(t, ['migrate', 'deploy'], env)).code, 0)
  const type = (args: string[], ...answers: string[]) =>
    runOnTerminal(t, args, { env, answers: answers.map(answer => `${answer}\r`) })

  const created = await type(['users', 'create', 'ada', '--active'], PASSWORD, PASSWORD)
  t.equal(created.code, 0, created.screen)
  t.match(created.screen, /Password: \r?\n.*Confirm password: \r?\n[^]*Created the account "ada"\. It is active\./)
  t.notOk(created.screen.includes(PASSWORD))
  t.match(await type(['users', 'create', 'bob'], PASSWORD, 'another'), { code: 2, screen: /passwords do not match/ })
  t.match(await type(['users', 'delete', 'ada'], 'n'), { code: 2, screen: /nothing was changed/ })
  t.match(await type(['users', 'delete', 'ada'], 'y'), { code: 0, screen: /Deleted the account "ada"/ })
  t.match(await type(['doctor']), { screen: `${ESCAPE}[32mOK` }, 'and there is colour')
})
