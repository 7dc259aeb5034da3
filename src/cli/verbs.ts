import { run } from './run.ts'
import { secretKey } from './secret-key.ts'
import { secrets } from './secrets.ts'
import { superuser } from './superuser.ts'
import type { Verb } from './run-verb.ts'

/** Every verb of the command, in the order of its help. */
export const verbs: Record<string, Verb> = { run, superuser, 'secret-key': secretKey, secrets }
