import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cleanEnv, runCli, temporaryFolder } from '../helpers/cli.ts'
import { serverEnv } from '../helpers/server.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Runs a command in a shell. `$flowgate` is the program. */
function shell (script: string, env: Record<string, string>, cwd: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', script], {
    encoding: 'utf8', cwd, env: { ...cleanEnv, ...env, flowgate: `${process.execPath} -- ${cli}` }
  })
  return { status, stdout, stderr }
}

t.test('a reader that closes the output early does not fail the command', { timeout: 240_000 }, async t => {
  const cwd = temporaryFolder(t)
  const env = { ...serverEnv, LANGFLOW_CONFIG_DIR: join(cwd, 'home') }
  t.equal((await runCli(t, ['migrate', 'deploy'], env)).code, 0)
  const input = 'a long pass phrase\n'
  t.equal((await runCli(t, ['superuser', 'create', 'boss'], env, { input })).code, 0)
  for (let n = 0; n < 3; n++) await runCli(t, ['users', 'create', `user${n}`], env, { input })
  const commands = ['--help', 'users --help', 'openapi', 'openapi --json', 'completion bash', 'completion zsh',
    'doctor', 'doctor --json', 'doctor --settings', 'users list', 'users list --json', 'migrate status', 'secret-key']
  for (const command of commands) {
    // `true` reads nothing: the pipe is closed before or while the command writes.
    for (const reader of ['head -1', 'true', 'head -c 1']) {
      const { status, stderr } = shell(`$flowgate ${command} | ${reader} > /dev/null`, env, cwd)
      t.equal(status, 0, `${command} | ${reader}`)
      t.notMatch(stderr, /EPIPE|\n\s+at /)
    }
  }
})

t.test('closed standard streams do not change the exit code', async t => {
  const cwd = temporaryFolder(t)
  t.equal(shell('$flowgate openapi --colour 2> >(true) | cat', {}, cwd).status, 2, 'wrong use is still wrong')
  t.equal(shell('$flowgate doctor | true', { LANGFLOW_PORT: 'x' }, cwd).status, 78, 'so are bad settings')
  t.equal(shell('$flowgate secret-key >&-', {}, cwd).stderr.includes('    at '), false)
})

t.test('output that cannot be written fails the command with one line', {
  ...(existsSync('/dev/full') ? {} : { skip: 'no /dev/full' })
}, async t => {
  for (const command of ['openapi', 'completion fish']) {
    const { status, stderr } = shell(`$flowgate ${command} > /dev/full`, {}, temporaryFolder(t))
    t.equal(status, 1, command)
    t.match(stderr, /^flowgate: standard output cannot be written: no space left on device \(ENOSPC\)\n$/)
  }
})

t.test('a file that cannot be written is named with the reason and the remedy', async t => {
  const folder = temporaryFolder(t)
  for (const path of [join(folder, 'missing', 'x.yaml'), folder, '/proc/version', 'missing/x.yaml']) {
    const { code, stderr } = await runCli(t, ['openapi', '--output', path])
    t.equal(code, 1, path)
    t.match(stderr, new RegExp(`^flowgate: 1 error\n\n--output ${path}: the file cannot be written: .+ \\(E[A-Z]+\\)\n +\\w+.*\n$`))
  }
})
