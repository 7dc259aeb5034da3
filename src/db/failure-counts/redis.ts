import { createClient, defineScript } from '@redis/client'
import { LimitsUnavailable, SetupError } from '../../errors.ts'
import { codeOf, reasonOf } from '../../system/errors.ts'
import { type CountId, type FailureCount, type FailureCounts, PENDING_SECONDS } from './failure-counts.ts'

/** Limits the time a sign-in waits for an unresponsive Redis. */
const CONNECT_TIMEOUT_MS = 3000
const COMMAND_TIMEOUT_MS = 2000

const PREFIX = 'flowgate:attempts:'
const keyOf = ({ account, network }: CountId) => `${PREFIX}${account}:${network}`

/** The inverse of `keyOf`. Networks can contain colons, accounts cannot. */
function idOf (key: string): CountId {
  const [account = '', ...network] = key.slice(PREFIX.length).split(':')
  return { account, network: network.join(':') }
}

/**
 * Each count is a hash: `f` failures, `p` pending attempts, `u` expiry of the pending attempts (Redis's time, in ms).
 */
const readCount = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local f = tonumber(redis.call('HGET', KEYS[1], 'f') or 0)
local p = tonumber(redis.call('HGET', KEYS[1], 'p') or 0)
if tonumber(redis.call('HGET', KEYS[1], 'u') or 0) <= now then p = 0 end
local left = redis.call('PTTL', KEYS[1])
`

type Parser = { pushKey: (key: string) => void, push: (...values: string[]) => void }

const script = <Args extends Array<number | boolean>>(text: string) => defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: readCount + text,
  parseCommand (parser: Parser, key: string, ...args: Args) {
    parser.pushKey(key)
    parser.push(...args.map(Number).map(String))
  },
  transformReply: (reply: number[]) => reply
})

/**
 * Reserves an attempt if the count is below its quota. Returns whether it did, failures, pending attempts, and the
 * remaining time in ms.
 */
const reserveAttempt = script<[quota: number, keepMs: number, pausedUntilLeftMs: number, pendingMs: number]>(`
if not (f + p < tonumber(ARGV[1]) or (left >= 0 and left <= tonumber(ARGV[3]) and p == 0)) then return {0, f, p, left} end
redis.call('HSET', KEYS[1], 'f', f, 'p', p + 1, 'u', now + ARGV[4])
if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {1, f, p + 1, redis.call('PTTL', KEYS[1])}`)

/** Turns a reservation into a failure. Without `renews`, the first failure sets the expiry of the count. */
const countFailure = script<[keepMs: number, renews: boolean]>(`
redis.call('HSET', KEYS[1], 'f', f + 1, 'p', math.max(p - 1, 0))
if left < 0 or ARGV[2] == '1' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {f + 1, math.max(p - 1, 0), redis.call('PTTL', KEYS[1])}`)

/** Releases a reservation or resets the failures. A count without failures and pending attempts is deleted. */
const releaseAttempt = script<[clears: boolean, places: number]>(`
if left < 0 then return {} end
if ARGV[1] == '1' then f = 0 end
p = math.max(p - ARGV[2], 0)
if f + p == 0 then redis.call('DEL', KEYS[1]) else redis.call('HSET', KEYS[1], 'f', f, 'p', p) end
return {}`)

type RedisOptions = { uri: string, clock: () => Date, connectSeconds: number, onError: (error: Error) => void }

/**
 * Counts failures in Redis instead of the database, for installations with many replicas under attack.
 * @throws SetupError if Redis is unreachable at boot; later calls throw LimitsUnavailable
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
    scripts: { reserveAttempt, countFailure, releaseAttempt }
  })
  client.on('error', onError)
  let lastError: unknown
  let rejectBoot = (_error: Error): void => {}
  const permanentFailure = new Promise<never>((_resolve, reject) => { rejectBoot = reject })
  permanentFailure.catch(() => {}) // after the boot, only `onError` handles errors
  client.on('error', (error: Error) => {
    lastError = error
    if (isPermanent(error)) rejectBoot(error)
  })
  await bounded(Promise.race([client.connect(), permanentFailure]), connectSeconds).catch((cause: unknown) => {
    client.destroy()
    throw unreachable(uri, lastError ?? cause)
  })

  async function orUnavailable<T> (work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw new LimitsUnavailable(undefined, { cause, retryAfterSeconds: 2 })
    }
  }
  const endOf = (left: number) => new Date(clock().getTime() + Math.max(0, left))

  const leftMs = (moment: Date, now: Date) => moment.getTime() - now.getTime()

  async function read (key: string): Promise<FailureCount> {
    const [[failures, pending], left] = await Promise.all([client.hmGet(key, ['f', 'p']), client.pTTL(key)])
    return { ...idOf(key), failures: Number(failures ?? 0), pending: Number(pending ?? 0), expiresAt: endOf(left) }
  }

  return {
    // The client pipelines commands that are sent in the same turn of the event loop.
    reserve: (list, now) => orUnavailable(() => Promise.all(list.map(
      async ({ account, network, quota, expiresAt, pausedUntil }) => {
        const [isTaken = 0, failures = 0, pending = 0, left = 0] = await client.reserveAttempt(
          keyOf({ account, network }), quota, leftMs(expiresAt, now),
          pausedUntil ? leftMs(pausedUntil, now) : -1, PENDING_SECONDS * 1000)
        return { account, network, failures, pending, expiresAt: endOf(left), isTaken: isTaken === 1 }
      }))),
    fail: (list, now) => orUnavailable(() => Promise.all(list.map(async ({ account, network, expiresAt, renews }) => {
      const [failures = 1, pending = 0, left = 0] = await client.countFailure(
        keyOf({ account, network }), leftMs(expiresAt, now), renews)
      return { account, network, failures, pending, expiresAt: endOf(left) }
    }))),
    release: list => orUnavailable(async () => {
      await Promise.all(list.map(({ clears, hasPlace, ...id }) =>
        client.releaseAttempt(keyOf(id), clears, hasPlace ? 1 : 0)))
    }),
    // Keys expire with their counts, so one scan is cheap for any number of accounts.
    find: ({ failuresMin, accounts }) => orUnavailable(async () => {
      const wanted = accounts && new Set(accounts)
      const isWanted = ({ account }: CountId) => wanted ? wanted.has(account) : account !== ''
      const found = new Map<string, FailureCount>()
      for await (const keys of client.scanIterator({ MATCH: `${PREFIX}*`, COUNT: 1000 })) {
        const counts = await Promise.all(keys.filter(key => isWanted(idOf(key))).map(read))
        for (const count of counts) if (count.failures >= failuresMin) found.set(keyOf(count), count)
      }
      return [...found.values()]
    }),
    removeAccount: account => orUnavailable(async () => {
      for await (const keys of client.scanIterator({ MATCH: keyOf({ account, network: '*' }), COUNT: 1000 })) {
        if (keys.length > 0) await client.del(keys)
      }
    }),
    close: async () => client.destroy()
  }
}

async function bounded (work: Promise<unknown>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), seconds * 1000)
  })
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

/** Errors that a retry cannot fix: a wrong password, a missing permission, a certificate, a server other than Redis. */
const permanent = /WRONGPASS|NOAUTH|NOPERM|invalid DB index|certificate|wrong version number|unexpected .* byte/i

const isPermanent = (error: Error) => permanent.test(`${error.message} ${codeOf(error)}`)

function unreachable (uri: string, cause: unknown): SetupError {
  const { hostname, port } = new URL(uri)
  const reason = reasonOf(cause)
  return new SetupError([{
    subject: 'LANGFLOW_RATE_LIMIT_STORAGE_URI',
    problem: `Redis at ${hostname}:${port || 6379} cannot be used: ${reason}`,
    remedy: /WRONGPASS|NOAUTH|NOPERM/.test(reason)
      ? 'Correct the user name and password in the URI. Special characters must be percent-encoded.'
      : 'Check that Redis is running and reachable, or remove the setting to count in the database.'
  }], { exitCode: 1, cause })
}
