import { readFileSync } from 'node:fs'

/** A response without values that differ between runs: IDs, times, tokens, numbers of accounts. */
export type Recorded = {
  status: number
  /** Media type, challenge, and for each cookie its name and attributes. */
  headers: { type?: string, challenge?: string, cookies?: string[] }
  body: unknown
}

type Answer = { statusCode: number, headers: Record<string, unknown>, body: string }

const placeholders: Array<[RegExp, string]> = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '<token>'],
  [/sk-[\w-]{5,}\**/g, '<key>'],
  [/gAAAA[\w=-]+/g, '<sealed>'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<id>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?/g, '<time>'],
  [/\b(ada|ADA|bob|waiting|unused|former|eve)-\d+\b/g, '$1']
]
const hideText = (text: string) =>
  placeholders.reduce((result, [pattern, placeholder]) => result.replace(pattern, placeholder), text)

/** A list is recorded by its first item, because its length depends on other data. */
function hide (value: unknown): unknown {
  if (typeof value === 'string') return hideText(value)
  if (Array.isArray(value)) return value.slice(0, isThing(value[0]) ? 1 : undefined).map(hide)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hide(inner)]))
}

/** An item of a list, as opposed to a problem of a request. */
const isThing = (value: unknown) => typeof value === 'object' && value !== null && !('loc' in value)

/** `name; HttpOnly; Path=/; …`: the attributes in alphabetical order, without values that depend on the time. */
function hideCookie (cookie: string): string {
  const [pair = '', ...attributes] = cookie.split(/; */)
  const plain = attributes.map(attribute => attribute.toLowerCase().replace(/^expires=.*/, 'expires'))
  return [pair.split('=')[0], ...plain.sort()].join('; ')
}

/**
 * Larger responses are recorded by their members' names. They list features that Langflow has and Flowgate does not.
 */
const BODY_CHARACTERS_MAX = 8000

/** The recorded parts of a response. */
export function toRecorded ({ statusCode, headers, body }: Answer): Recorded {
  const type = String(headers['content-type'] ?? '').split(';')[0]
  const challenge = headers['www-authenticate']
  const cookies = [headers['set-cookie'] ?? []].flat().map(cookie => hideCookie(String(cookie))).sort()
  let value: unknown = body === '' ? null : body
  if (type === 'application/json' && body !== '') {
    value = hide(JSON.parse(body))
    if (JSON.stringify(value).length > BODY_CHARACTERS_MAX) {
      value = Array.isArray(value) ? ['<too long>'] : { '<too long>': true }
    }
  }
  return {
    status: statusCode,
    headers: {
      ...(type ? { type } : {}),
      ...(challenge === undefined ? {} : { challenge: String(challenge) }),
      ...(cookies.length > 0 ? { cookies } : {})
    },
    body: value
  }
}

/** The recorded responses of Langflow 1.13; scripts/record-langflow.ts writes the file. */
export const recordedFile = new URL('../contract/recorded/langflow-1.13.json', import.meta.url)

/** The recorded responses of Langflow, by request in the notation of COMPATIBILITY.md. */
export function readRecorded (): Record<string, Recorded> {
  return JSON.parse(readFileSync(recordedFile, 'utf8')).answers
}
