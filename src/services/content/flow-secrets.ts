import { endOfString, nameAt, skipSpace, type Span } from '../../json/tokens.ts'

/** An object or array that has not ended yet. */
type Open = {
  /** Whether the next token is a member name. */
  isName: boolean
  isObject: boolean
  /** Whether the object has a member `"password": true`. */
  isSecret: boolean
  /** The start of a member `value` that has not ended yet. */
  start: number | undefined
  values: Span[]
}

/** Ends the current member and records it if it is a `value`. */
function endMember (open: Open, end: number) {
  if (open.start !== undefined) open.values.push([open.start, end])
  open.start = undefined
  open.isName = open.isObject
}

/** Reads the name of a member. `end` is the index after its colon. */
function beginMember (open: Open, text: string, name: string, end: number) {
  const value = skipSpace(text, end)
  if (name === 'password' && text.startsWith('true', value)) open.isSecret = true
  if (name === 'value') open.start = value
  open.isName = false
}

/** The values of password fields: each `value` of an object with `"password": true`. */
function secretsOf (text: string): Span[] {
  const secrets: Span[] = []
  const stack: Open[] = []
  for (let i = 0; i < text.length; i++) {
    const open = stack.at(-1)
    switch (text[i]) {
      case '"': {
        const end = endOfString(text, i)
        if (open?.isName) beginMember(open, text, nameAt(text, [i, end]), skipSpace(text, end) + 1)
        i = end - 1
        break
      }
      case '{': case '[': {
        const isObject = text[i] === '{'
        stack.push({ isName: isObject, isObject, isSecret: false, start: undefined, values: [] })
        break
      }
      case ',':
        if (open) endMember(open, i)
        break
      case '}': case ']':
        if (open) endMember(open, i)
        if (open?.isSecret) for (const span of open.values) secrets.push(span)
        stack.pop()
    }
  }
  return secrets
}

/**
 * Replaces the values of password fields by null. Langflow's components keep their fields in `template`; a field with a
 * secret has `"password": true`. All other tokens are unchanged. Of repeated members, each is checked.
 */
export function withoutPasswords (text: string): string {
  let result = ''
  let from = 0
  for (const [start, end] of secretsOf(text).sort(([a], [b]) => a - b)) {
    if (start < from) continue // inside a value that was replaced
    result += `${text.slice(from, start)}null`
    from = end
  }
  return result + text.slice(from)
}
