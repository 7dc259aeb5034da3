import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type Entry, expandEntries, parseSettingsFile } from '../../src/config/sources/settings-file.ts'
import { anyText, holds, seed } from '../helpers/properties.ts'
import { makePython } from '../helpers/python.ts'

/** Reads each text like `load_dotenv`, with precedence for the file and for the environment. */
const ORACLE = `
import io, json, logging, os, sys
from dotenv.main import DotEnv
from dotenv.parser import parse_stream
logging.disable()
asked = json.load(sys.stdin)
os.environ.clear()
os.environ.update(asked["environment"])
def read(text, override):
    # A text file is read with universal newlines.
    return DotEnv(None, stream=io.StringIO(text, newline=None), override=override).dict()
def is_refused(text):
    bindings = list(parse_stream(io.StringIO(text, newline=None)))
    return any(each.error or (each.key is not None and each.value is None) for each in bindings)
json.dump([{
    "fileWins": read(text, True), "environmentWins": read(text, False), "refused": is_refused(text)
} for text in asked["texts"]], sys.stdout)
`

type Values = Record<string, string | null>
type Told = { fileWins: Values, environmentWins: Values, refused: boolean }

const ENVIRONMENT = { OUT: 'outer', BOTH: 'environment', EMPTY: '', A: 'environment A' }

/* eslint-disable no-template-curly-in-string -- they are what is read */
const name = fc.constantFrom('A', 'B', 'BOTH', 'LANGFLOW_PORT', 'lower', "'QUOTED'", 'a.b', 'A-B', '',
  'export', 'É')
const blank = fc.constantFrom('', ' ', '  ', '\t', '\u00a0', '\x1f', '\u0085', '\uFEFF')
const atom = fc.constantFrom('#', ' #', '\t# note', '"', "'", '\\', '\\n', '\\"', "\\'", '\\\\', '$', '${A}',
  '${B:-x y}', '${OUT}', '${BOTH}', '${EMPTY:-no}', '${NONE}', '${NONE:-}', '${A:x}', '${', '}', '=', ' ', '\n',
  '\r\n', '\r', 'é', '\u{1f511}', 'word', '\u2028', '\x85', ':-', '`', ';', '%')
/* eslint-enable no-template-curly-in-string */
const value = fc.array(fc.oneof(atom, fc.string({ maxLength: 4 })), { maxLength: 6 }).map(parts => parts.join(''))
const quoted = fc.tuple(fc.constantFrom('"', "'"), value).map(([quote, text]) => quote + text + quote)
const statement = fc.tuple(
  fc.constantFrom('', 'export ', ' ', 'export\t', '# '), name, blank, fc.constantFrom('=', '=', '=', ''),
  blank, fc.oneof(value, quoted), fc.constantFrom('', ' # note', '#', ' ', ' x')
).map(parts => parts.join(''))
const end = fc.constantFrom('\n', '\n', '\r\n', '\r')
const statements = fc.array(fc.tuple(statement, end).map(parts => parts.join('')), { maxLength: 5 })
const file = fc.oneof(
  { weight: 9, arbitrary: statements.map(lines => lines.join('')) },
  { weight: 1, arbitrary: anyText.filter(text => text.isWellFormed()) }
).filter(text => !text.startsWith('\uFEFF')) // the mark is removed before parsing

const valuesOf = (entries: readonly Entry[], fileWins: boolean) =>
  Object.fromEntries(expandEntries(entries, ENVIRONMENT, fileWins).map(entry => [entry.name, entry.value]))

const withoutNulls = (values: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(values).filter(([, text]) => text !== null))

const sorted = (value: unknown): unknown => value && typeof value === 'object'
  ? Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, sorted(inner)])
  : value

t.test('a settings file is parsed like python-dotenv does, or rejected', async t => {
  const made = makePython('python-dotenv==1.2.4')
  if ('reason' in made) {
    console.error(`settings files were not compared with python-dotenv. ${made.reason}`)
    t.fail(made.reason, process.env['CI'] ? {} : { skip: made.reason })
    return
  }
  const texts = fc.sample(file, { numRuns: 4000, ...seed })
  const told: Told[] = JSON.parse(execFileSync(join(made.bin, 'python'), ['-c', ORACLE], {
    encoding: 'utf8', maxBuffer: 2 ** 28, input: JSON.stringify({ environment: ENVIRONMENT, texts })
  }))
  let accepted = 0
  for (const [at, text] of texts.entries()) {
    const { entries, faults } = parseSettingsFile(text)
    const expected = told[at]
    const ours = {
      refused: faults.length > 0, fileWins: valuesOf(entries, true), environmentWins: valuesOf(entries, false)
    }
    if (faults.length === 0) accepted++
    const theirs = expected && {
      refused: expected.refused,
      fileWins: withoutNulls(expected.fileWins),
      environmentWins: withoutNulls(expected.environmentWins)
    }
    // After a fault, the file is rejected as a whole.
    const isSame = ours.refused
      ? theirs?.refused
      : JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs))
    if (!isSame) t.strictSame(ours, theirs, JSON.stringify(text))
  }
  t.ok(accepted > 500 && accepted < texts.length - 500, `${accepted} of ${texts.length} files are read, the others refused`)
})

t.test('any text is parsed or rejected with a line number and without its content', async t => {
  await holds(t, 'lines are those of the file', fc.property(fc.oneof(file, anyText), text => {
    const { entries, faults } = parseSettingsFile(text)
    const lines = text.split(/\r\n|\n|\r/).length
    return [...entries, ...faults].every(({ line }) => line >= 1 && line <= lines)
  }))
  await holds(t, 'a value in quotes is read as it is', fc.property(fc.string({ unit: 'binary' }), text => {
    const written = text.replace(/[\\"]/g, '\\$&')
    const { entries: [entry], faults } = parseSettingsFile(`A="${written}"`)
    return faults.length === 0 && entry?.value === text.replace(/\r\n?/g, '\n')
  }))
})
