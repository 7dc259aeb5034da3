import { generateSecretKey } from '../crypto/secret-key.ts'
import type { Verb } from './run-verb.ts'

/** `flowgate secret-key`: a good key, ready for an env file. */
export const secretKey: Verb = {
  summary: 'print a good LANGFLOW_SECRET_KEY',
  usage: 'secret-key',
  flags: [],
  run: async () => {
    console.log(`LANGFLOW_SECRET_KEY=${generateSecretKey()}`)
    return 0
  }
}
