import { endOfString, nameAt, skipSpace, type Span } from '../../json/tokens.ts'

/** An object or list that is open while a text is read. */
type Open = {
  /** Whether a name comes next: in objects only. */
  isName: boolean
  isObject: boolean
  /** Whether it has a member `"password": true`. */
  isSecret: boolean
  /** Where a member `value` begins whose end is not reached. */
  start: number | undefined
  values: Span[]
}

/** Ends the member that is read, if it is a `value`. */
function endMember (open: Open, end: number) {
  if (open.start !== undefined) open.values.push([open.start, end])
  open.start = undefined
  open.isName = open.isObject
}

/** Reads a member's name; `end` is behind its colon. */
function beginMember (open: Open, text: string, name: string, end: number) {
  const value = skipSpace(text, end)
  if (name === 'password' && text.startsWith('true', value)) open.isSecret = true
  if (name === 'value') open.start = value
  open.isName = false
}

/** The values of password fields: each `value` of an object that says `"password": true`. */
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
 * A flow's content as others may see it: null instead of what was typed into password fields of its components.
 * Langflow's components keep their fields in `template`; a field that holds a secret says `"password": true`. All else
 * stays as it is, token for token. Of members with the same name, each counts.
 */
export function withoutPasswords (text: string): string {
  let result = ''
  let from = 0
  for (const [start, end] of secretsOf(text).sort(([a], [b]) => a - b)) {
    if (start < from) continue // inside of one that is gone
    result += `${text.slice(from, start)}null`
    from = end
  }
  return result + text.slice(from)
}
