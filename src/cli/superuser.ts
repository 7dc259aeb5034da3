import { text } from 'node:stream/consumers'
import { logEvent } from './event-line.ts'
import { exitCodes, type Invocation, UsageError, type Verb } from './run-verb.ts'
import { envFileFlag } from './settings-source.ts'
import type { AccountTools } from './account-tools.ts'

type Action = (tools: AccountTools, name: string, readPassword: () => Promise<string>) => Promise<string>

/** The first line of standard input, where neither the process list nor the shell's history keeps it. */
async function readPassword (): Promise<string> {
  if (process.stdin.isTTY) console.error('Type the password, then Enter and Ctrl-D:')
  const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
  if (line === '') throw new UsageError('the password is read from standard input, and nothing was there')
  return line
}

const create: Action = async ({ administration }, name, readPassword) => {
  const { id, username } = await administration.create(name, await readPassword())
  logEvent('user_created', { user: id, is_superuser: true })
  return `The superuser ${JSON.stringify(username)} was made, and may sign in.`
}

const resetPassword: Action = async ({ administration }, name, readPassword) => {
  const { id, username } = await administration.resetPassword(name, await readPassword())
  logEvent('password_reset', { user: id })
  return `The password of ${JSON.stringify(username)} was set; its sessions are over, and nothing slows its sign-in.`
}

const unlock: Action = async ({ administration }, name) => {
  const { id, username } = await administration.unlock(name)
  logEvent('unlocked', { user: id })
  return `Nothing slows the sign-in of ${JSON.stringify(username)} any more.`
}

const actions = new Map<string | undefined, Action>([
  ['create', create], ['reset-password', resetPassword], ['unlock', unlock]
])

async function act ({ flags, words: [verb, name, ...rest], env }: Invocation): Promise<number> {
  const action = actions.get(verb)
  if (!action) throw new UsageError('say what to do: create, reset-password or unlock')
  if (name === undefined || rest.length > 0) throw new UsageError(`say whose: flowgate superuser ${verb} NAME`)
  const { withAccountTools } = await import('./account-tools.ts')
  console.log(await withAccountTools({ flags, words: [], env }, tools => action(tools, name, readPassword)))
  return exitCodes.fine
}

/** `flowgate superuser`: for whoever runs the server and cannot sign in. */
export const superuser: Verb = {
  summary: 'make a superuser, set a password, clear what slows a sign-in',
  usage: 'superuser create|reset-password|unlock NAME [--env-file FILE]\n\n' +
    'create and reset-password read the password from standard input:\n' +
    '  flowgate superuser reset-password administrator < password.txt\n' +
    'reset-password and unlock take the name of any account. They may run while the server serves; the embedded\n' +
    'database is open to one process at a time, so stop the server first.',
  flags: [envFileFlag],
  run: act
}
