/** A `NAME=VALUE` entry of a settings file; `line` is the line of its name. */
export type Entry = { name: string, value: string, line: number }

/** A syntax error. The texts never contain the content of the file. */
export type Fault = { line: number, problem: string, remedy: string }

// Python's white space without line ends. JavaScript's \s differs in U+001C to U+001F, U+0085 and U+FEFF.
const BLANK = String.raw`[ \t\v\f\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`
const ANY_BLANK = BLANK.replace('[', String.raw`[\n`)
const sticky = (source: string) => new RegExp(source, 'y')

const gap = sticky(`${ANY_BLANK}*`)
const exportWord = sticky(`(?:export${BLANK}+)?`)
const quotedName = sticky("'([^']+)'")
const plainName = sticky(ANY_BLANK.replace('[', '([^=#').replace(/$/, '+)'))
const blanks = sticky(`${BLANK}*`)
const equalSign = sticky(`=${BLANK}*`)
const singleQuoted = sticky(String.raw`'((?:\\[^]|[^'\\])*)'`)
const doubleQuoted = sticky(String.raw`"((?:\\[^]|[^"\\])*)"`)
const restOfLine = sticky(String.raw`[^\n]*`)
const lineEnd = sticky(`(?:${BLANK}*#[^\\n]*)?${BLANK}*(?:\\n|$)`)
const skippedLine = sticky(String.raw`[^\n]*\n?`)

const inlineComment = new RegExp(`${BLANK}+#.*`, 's')
const trailingBlanks = new RegExp(`${BLANK}+$`)

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v'
}
const unescapeDouble = (text: string) => text.replace(/\\([\\'"abfnrtv])/g, (_, letter: string) => escapes[letter] ?? '')
const unescapeSingle = (text: string) => text.replace(/\\([\\'])/g, '$1')

const faults = {
  name: {
    problem: 'is not of the form NAME=VALUE',
    remedy: 'Write NAME=VALUE, or begin the line with # to make it a comment.'
  },
  equalSign: { problem: 'has a name without =', remedy: 'Write NAME=VALUE, or remove the line.' },
  quote: {
    problem: 'has a quoted value without its closing quote',
    remedy: 'Close the quote. Escape a quote inside a quoted value with a backslash.'
  },
  rest: {
    problem: 'has text after the closing quote of its value',
    remedy: 'Put the whole value in quotes. Escape a quote inside a quoted value with a backslash.'
  }
} as const

/** A position in a text that regular expressions advance. */
function createReader (text: string) {
  let at = 0
  return {
    take (pattern: RegExp) {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match) at = pattern.lastIndex
      return match
    },
    peek: () => text[at],
    position: () => at,
    isAtEnd: () => at >= text.length
  }
}

type Reader = ReturnType<typeof createReader>

/** Reads the value after `=`; undefined if a quote is not closed. */
function readValue (reader: Reader): string | undefined {
  const [sign = ''] = reader.take(equalSign) ?? []
  const first = reader.peek()
  if (sign.length > 1 && first === '#') return ''
  if (first === "'" || first === '"') {
    const quoted = reader.take(first === "'" ? singleQuoted : doubleQuoted)
    const unescape = first === "'" ? unescapeSingle : unescapeDouble
    return quoted ? unescape(quoted[1] ?? '') : undefined
  }
  const [text = ''] = reader.take(restOfLine) ?? []
  return text.replace(inlineComment, '').replace(trailingBlanks, '')
}

/** Reads one statement. */
function readStatement (reader: Reader): { name?: string | undefined, value?: string } | keyof typeof faults {
  reader.take(exportWord)
  const first = reader.peek()
  let name: string | undefined
  if (first !== '#') {
    name = reader.take(first === "'" ? quotedName : plainName)?.[1]
    if (name === undefined) return 'name'
  }
  reader.take(blanks)
  const hasValue = reader.peek() === '='
  const value = hasValue ? readValue(reader) : undefined
  if (hasValue && value === undefined) return 'quote'
  if (!reader.take(lineEnd)) return hasValue ? 'rest' : 'name'
  if (name !== undefined && value === undefined) return 'equalSign'
  return value === undefined ? {} : { name, value }
}

/**
 * Parses a settings file like python-dotenv, which Langflow uses, but without expanding `${NAME}`. Lines that
 * python-dotenv skips silently are faults.
 * @param text the whole file, without a byte order mark
 * @returns entries and faults in the order of the file; the last entry of a name applies
 */
export function parseSettingsFile (text: string): { entries: Entry[], faults: Fault[] } {
  const unified = text.replace(/\r\n?/g, '\n') // like Python's text mode
  const reader = createReader(unified)
  const found: { entries: Entry[], faults: Fault[] } = { entries: [], faults: [] }
  let line = 1
  let counted = 0
  while (reader.take(gap) && !reader.isAtEnd()) {
    line += unified.slice(counted, reader.position()).split('\n').length - 1
    counted = reader.position()
    const statement = readStatement(reader)
    if (typeof statement === 'string') {
      found.faults.push({ line, ...faults[statement] })
      if (statement !== 'equalSign') reader.take(skippedLine)
    } else if (statement.name !== undefined && statement.value !== undefined) {
      found.entries.push({ name: statement.name, value: statement.value, line })
    }
  }
  return found
}

/** An entry after expansion. `hasUnset`: its value refers, directly or indirectly, to a variable that is not set. */
export type Expanded = Entry & { hasUnset: boolean }

type Values = Readonly<Record<string, string | undefined>>

/**
 * Replaces `${NAME}` and `${NAME:-default}`, also in quoted values, like python-dotenv. An empty variable counts as
 * set.
 * @param entries in the order of the file; a reference can use the entries before it
 * @param environment environment of the process
 * @param fileWins whether earlier entries of the file take precedence over the environment
 */
export function expandEntries (entries: readonly Entry[], environment: Values, fileWins: boolean): Expanded[] {
  const earlier = new Map<string, string>()
  const incomplete = new Set<string>()
  return entries.map(({ name, value, line }) => {
    let hasUnset = false
    const resolve = (_: string, reference: string, fallback: string | undefined) => {
      const outside = Object.hasOwn(environment, reference) ? environment[reference] : undefined
      const inside = earlier.get(reference)
      const text = (fileWins ? inside ?? outside : outside ?? inside) ?? fallback
      hasUnset ||= text === undefined || (text === inside && incomplete.has(reference))
      return text ?? ''
    }
    const expanded = value.replace(/\$\{([^}:]*)(?::-([^}]*))?\}/g, resolve)
    earlier.set(name, expanded)
    if (hasUnset) incomplete.add(name)
    else incomplete.delete(name)
    return { name, value: expanded, line, hasUnset }
  })
}
