import { createClient, defineScript } from '@redis/client'
import { LimitsUnavailable, SetupError } from '../errors.ts'
import type { CountId, FailureCount, FailureCounts } from './failure-counts.ts'

/** Bounds that keep a sign-in from waiting for a Redis that does not answer. */
const CONNECT_TIMEOUT_MS = 3000
const COMMAND_TIMEOUT_MS = 2000

const PREFIX = 'flowgate:failures:'
const keyOf = ({ account, network }: CountId) => `${PREFIX}${account}:${network}`

/** Counts one failure; the key ends with its first failure unless it renews. Gives back the count and what is left. */
const addFailure = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: `local n = redis.call('INCR', KEYS[1])
if n == 1 or ARGV[2] == '1' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`,
  parseCommand (parser, key: string, leftMs: number, renews: boolean) {
    parser.pushKey(key)
    parser.push(String(leftMs), renews ? '1' : '0')
  },
  transformReply: (reply: number[]) => reply
})

type RedisOptions = { uri: string, clock: () => Date, connectSeconds: number, onError: (error: Error) => void }

/**
 * Counts failures in Redis instead of the database, for set-ups with many replicas under attack.
 * @throws SetupError when it does not answer at boot; later, LimitsUnavailable
 */
export async function openRedisCounts ({ uri, clock, connectSeconds, onError }: RedisOptions): Promise<FailureCounts> {
  const client = createClient({
    url: uri,
    disableOfflineQueue: true,
    commandOptions: { timeout: COMMAND_TIMEOUT_MS },
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: attempt => Math.min(100 * 2 ** attempt, 1000)
    },
    scripts: { addFailure }
  })
  client.on('error', onError)
  await bounded(client.connect(), connectSeconds).catch((cause: unknown) => {
    client.destroy()
    throw unreachable(uri, cause)
  })

  async function answering<T> (work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw new LimitsUnavailable(undefined, { cause, retryAfterSeconds: 2 })
    }
  }
  const endOf = (leftMs: number) => new Date(clock().getTime() + Math.max(0, leftMs))

  async function find (id: CountId): Promise<FailureCount[]> {
    const key = keyOf(id)
    const [failures, leftMs] = await Promise.all([client.get(key), client.pTTL(key)])
    return failures === null ? [] : [{ ...id, failures: Number(failures), expiresAt: endOf(leftMs) }]
  }

  return {
    // Sent in one turn, the commands travel together.
    read: list => answering(async () => (await Promise.all(list.map(find))).flat()),
    add: (list, now) => answering(() => Promise.all(list.map(async ({ account, network, expiresAt, renews }) => {
      const [failures = 1, leftMs = 0] = await client.addFailure(
        keyOf({ account, network }), expiresAt.getTime() - now.getTime(), renews)
      return { account, network, failures, expiresAt: endOf(leftMs) }
    }))),
    remove: list => answering(async () => { await client.del(list.map(keyOf)) }),
    removeAccount: account => answering(async () => {
      for await (const keys of client.scanIterator({ MATCH: keyOf({ account, network: '*' }), COUNT: 1000 })) {
        if (keys.length > 0) await client.del(keys)
      }
    }),
    close: async () => client.destroy()
  }
}

async function bounded (work: Promise<unknown>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), seconds * 1000)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function unreachable (uri: string, cause: unknown): SetupError {
  const { hostname, port } = new URL(uri)
  return new SetupError([{
    subject: 'LANGFLOW_RATE_LIMIT_STORAGE_URI',
    problem: `Redis at ${hostname}:${port || 6379} does not answer`,
    remedy: 'Check that it runs and that the password is right, or remove the setting: then the database counts.'
  }], { exitCode: 1, cause })
}
