import { Command } from 'commander'
import { generateSecretKey } from '../../../crypto/secret-key.ts'
import { exitCodes, type MakeCommand, withExamples } from '../../command.ts'

/** `flowgate secret-key`: a random key, in the form of a settings file. */
export const secretKeyCommand: MakeCommand = ({ ends }) => withExamples(
  new Command('secret-key').description('print a random LANGFLOW_SECRET_KEY').action(ends(async () => {
    console.log(`LANGFLOW_SECRET_KEY=${generateSecretKey()}`)
    return exitCodes.fine
  })),
  [['flowgate secret-key >> .env', 'adds a key to a settings file']]
)
