import { Command } from 'commander'
import type { KeySummary } from '../../../services/tokens/key-rotation.ts'
import {
  exitCodes, type JsonOptions, type MakeCommand, printJson, type SettingsOptions, withEnvFile, withExamples, withJson
} from '../../command.ts'
import type { SecretOperations } from '../../operations/secrets.ts'
import { readConfig } from '../../settings-source.ts'
import { confirm } from '../../terminal/confirm.ts'
import { formatTable } from '../../terminal/table.ts'

type Options = SettingsOptions & JsonOptions

/** A row is as wide as its key, which is never cut. */
const TABLE_WIDTH = 130

const toMinute = (date: Date | null) => date === null ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`

/** As JSON, in the spelling of the API. No part of it signs. */
const present = ({ kid, algorithm, state, source, activatesAt, retiresAt }: KeySummary) => ({
  kid,
  algorithm,
  state,
  source,
  activates_at: activatesAt.toISOString(),
  retires_at: retiresAt?.toISOString() ?? null
})

async function list ({ listSigningKeys }: SecretOperations, options: Options) {
  const keys = await listSigningKeys()
  if (options.json) printJson({ keys: keys.map(present) })
  else if (keys.length === 0) console.log('There are no signing keys: no token is signed for other services.')
  else {
    const rows = keys.map(({ kid, algorithm, state, source, activatesAt, retiresAt }) =>
      [kid, algorithm, state, toMinute(activatesAt), toMinute(retiresAt), source])
    const columns = [{ id: 'key' }, 'algorithm', 'state', 'signs from', 'signs until', 'source']
    console.log(await formatTable(columns, rows, TABLE_WIDTH))
  }
  return exitCodes.fine
}

const described = ({ kid, algorithm, activatesAt }: KeySummary) =>
  `${kid} (${algorithm}), signs from ${toMinute(activatesAt)}`

type RotateOptions = Options & { withdraw?: true, yes?: true }

async function rotate (
  { rotateSigningKeys }: SecretOperations, { withdraw, yes, ...options }: RotateOptions
) {
  if (withdraw && !yes) {
    await confirm('Withdraw all generated signing keys? Every token that they signed becomes invalid.')
  }
  const { created, waiting, withdrawn } = await rotateSigningKeys(withdraw === true)
  if (options.json) {
    printJson({ created: created.map(present), waiting: waiting.map(present), withdrawn })
    return exitCodes.fine
  }
  for (const kid of withdrawn) console.log(`Withdrew the key ${kid}.`)
  for (const key of created) console.log(`Created the key ${described(key)}.`)
  for (const key of waiting) console.log(`A next key exists already: ${described(key)}.`)
  if (created.length + waiting.length + withdrawn.length === 0) console.log('There is no key to replace.')
  return exitCodes.fine
}

const ROTATION = `
Keys are replaced after LANGFLOW_SIGNING_KEY_DAYS without this command. A new key is published ten minutes before it signs,
and an old one until its tokens have expired, so that no valid token is refused. See docs/tokens.md.`

/** `flowgate signing-keys`: lists the keys that sign tokens for other services, and replaces them. */
export const signingKeysCommand: MakeCommand = ({ env, ends }) => {
  const withKeys = async (options: Options, work: (secrets: SecretOperations) => Promise<number>) => {
    const operations = await import('../../operations/secrets.ts')
    return operations.withSecrets(readConfig(env, options), work)
  }
  const subcommand = (name: string, description: string) =>
    withJson(withEnvFile(new Command(name).description(description)))
  return withExamples(
    new Command('signing-keys')
      .description('list and replace the keys that sign tokens for other services')
      .addCommand(subcommand('list', 'list the published keys')
        .action(ends((options: Options) => withKeys(options, secrets => list(secrets, options)))))
      .addCommand(subcommand('rotate', 'create the next keys')
        .option('--withdraw', 'for leaked keys: delete all generated keys, and sign with new ones at once')
        .option('--yes', 'do not ask for confirmation')
        .action(ends((options: RotateOptions) =>
          withKeys(options, secrets => rotate(secrets, options)))))
      .addHelpText('after', ROTATION),
    [['flowgate signing-keys list', 'shows which key signs, and until when']]
  )
}
