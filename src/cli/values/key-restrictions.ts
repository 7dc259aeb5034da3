import { InvalidArgumentError } from 'commander'
import { LIMIT_MAX, NETWORKS_MAX, WINDOW_SECONDS_MAX } from '../../policy/api-keys/bounds.ts'
import type { RateLimit } from '../../policy/api-keys/rate-limits.ts'
import { grants, isScope, type Scope, scopeNames } from '../../policy/grants.ts'
import { readNetwork } from '../../policy/requests/cidr.ts'
import { parseDuration } from './moments.ts'

const wordsOf = (text: string) => text.split(/[\s,]+/).filter(word => word !== '')

const scopeWidth = Math.max(...scopeNames.map(name => name.length))

/** Every scope with its meaning, one on each line. */
export const scopeList = scopeNames.map(name => `  ${name.padEnd(scopeWidth)}  ${grants[name].summary}`).join('\n')

/** Adds scopes to those of the options before. They are separated by blanks or commas. */
export function addScopes (text: string, before: Scope[] = []): Scope[] {
  const words = wordsOf(text)
  const unknown = words.find(word => !isScope(word))
  if (unknown !== undefined || words.length === 0) {
    throw new InvalidArgumentError(`${unknown ?? 'It'} is not a scope. The scopes are:\n${scopeList}`)
  }
  return [...new Set([...before, ...words.filter(isScope)])]
}

/** Adds networks to those of the options before. They are separated by blanks or commas. */
export function addNetworks (text: string, before: string[] = []): string[] {
  const words = wordsOf(text)
  const networks = (words.length === 0 ? [text] : words).map(word => {
    const read = readNetwork(word)
    if ('network' in read) return read.network
    throw new InvalidArgumentError(words.length > 1 ? `${word}: ${read.problem}.` : `${read.problem}.`)
  })
  const all = [...new Set([...before, ...networks])]
  if (all.length > NETWORKS_MAX) throw new InvalidArgumentError(`A key has at most ${NETWORKS_MAX} networks.`)
  return all
}

/** Parses a rate limit: 100/s, 100/1s, 5000/h or 100/30s. */
export function rateLimit (text: string): RateLimit {
  const [, count, window = ''] = /^(\d{1,7})\/(\d*[smhd])$/.exec(text) ?? []
  const limit = Number(count)
  const windowSeconds = parseDuration(/^\d/.test(window) ? window : `1${window}`) ?? 0
  const isInRange = limit >= 1 && limit <= LIMIT_MAX && windowSeconds >= 1 && windowSeconds <= WINDOW_SECONDS_MAX
  if (isInRange) return { limit, windowSeconds }
  throw new InvalidArgumentError(
    `It must be a number of requests in a time: 100/1s, 20/m or 5000/h; at most ${LIMIT_MAX}, in at most a day.`)
}

const units = [['d', 86_400], ['h', 3600], ['m', 60]] as const

/** A rate limit as the option accepts it. */
export function formatRateLimit ({ limit, windowSeconds }: RateLimit): string {
  const [unit, seconds] = units.find(([, each]) => windowSeconds % each === 0) ?? ['s', 1]
  return `${limit}/${windowSeconds / seconds}${unit}`
}
