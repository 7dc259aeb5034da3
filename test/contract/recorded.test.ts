import t from 'tap'
import { buildApp } from '../helpers/app.ts'
import { makeCast } from '../helpers/callers.ts'
import { compatibility, parseRequest, rowsOf, sendRequest } from '../helpers/compatibility.ts'
import { type Recorded, readRecorded, toRecorded } from '../helpers/recorded.ts'

const recorded = readRecorded()

/** Fields that COMPATIBILITY.md declares as missing from Flowgate's responses, or as added to them. */
const declared = rowsOf('COMPATIBILITY.md', /^\| (without|with) \| ((?:`\w+`(?:, )?)+) \| `(\/\S+)` \| (.+) \|$/gm)
  .map(([kind, members = '', path = '', why = '']) =>
    ({ kind, members: [...members.matchAll(/\w+/g)].map(String), path, why }))

/** Rows whose difference is not visible in the recorded response. */
const INVISIBLE = new Map([
  ['Dates in the request are ignored', 'both return a time; Flowgate\'s is not the one in the request'],
  ['A password reset switches API keys off', 'the response does not mention the keys'],
  ['Example flows', 'recorded with LANGFLOW_CREATE_STARTER_PROJECTS=false']
])

type Members = Record<string, unknown>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The types of the values in a response, by path. The first item of a list represents it. */
function shapeOf (value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path}[]`, ...value.slice(0, 1).flatMap(item => shapeOf(item, `${path}[]`))]
  if (!isObject(value)) return [`${path}: ${value === null ? 'null' : typeof value}`]
  return [`${path}{}`, ...Object.entries(value).flatMap(([name, inner]) => shapeOf(inner, `${path}.${name}`))]
}

/** The detail of an error: its text, or the type and location of each problem. */
const detailOf = (body: unknown) => isObject(body) && 'detail' in body
  ? Array.isArray(body['detail'])
    ? [...new Set(body['detail'].map(({ type, loc }) => `${type} ${JSON.stringify(loc)}`))].sort()
    : body['detail']
  : undefined

/** Whether a field of a response is declared as missing or as added. */
const isDeclared = (kind: 'without' | 'with', requestPath: string, line: string) => declared.some(row =>
  row.kind === kind && requestPath.startsWith(row.path) && row.members.some(name => line.split(/[.:[{]/).includes(name)))

/** The differences between the responses of Langflow and Flowgate. */
function differences (theirs: Recorded, ours: Recorded, path: string): string[] {
  const found: string[] = []
  const compare = (what: string, wanted: unknown, got: unknown) => {
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(got)]
    if (a !== b) found.push(`${what}: Langflow ${a}, Flowgate ${b}`)
  }
  compare('status', theirs.status, ours.status)
  if (found.length > 0) return found
  if (theirs.body !== null) compare('content-type', theirs.headers.type, ours.headers.type)
  if (theirs.headers.challenge) compare('www-authenticate', theirs.headers.challenge, ours.headers.challenge)
  compare('cookies', theirs.headers.cookies, ours.headers.cookies)
  if (theirs.status >= 400) {
    compare('detail', detailOf(theirs.body), detailOf(ours.body))
  } else {
    const [a, b] = [new Set(shapeOf(theirs.body)), new Set(shapeOf(ours.body))]
    compare('missing', [...a].filter(line => !b.has(line) && !isDeclared('without', path, line)), [])
    compare('added', [], [...b].filter(line => !a.has(line) && !isDeclared('with', path, line)))
  }
  return found
}

t.test('rows marked same in COMPATIBILITY.md match the responses recorded from Langflow 1.13', {
  timeout: 240_000
}, async t => {
  const built = await buildApp(t)
  for (const [verdict, what = '', request = ''] of compatibility) {
    const theirs = recorded[request]
    if (!theirs) {
      t.fail(`${request} is not recorded: run scripts/record-langflow.ts`)
      continue
    }
    const { cast, named, dismiss } = await makeCast(built)
    const parsed = parseRequest(request)
    const ours = toRecorded(await sendRequest(parsed, cast, named))
    await dismiss()
    const found = differences(theirs, ours, parsed.path)
    if (verdict === 'same') t.strictSame(found, [], `${what}: ${request}`)
    if (verdict === 'different') t.equal(found.length > 0, !INVISIBLE.has(what), `${what} is different: ${request}`)
  }
})

t.test('COMPATIBILITY.md lists exactly the fields that differ', async t => {
  t.ok(declared.length >= 10)
  const bodies = Object.entries(recorded).map(([request, { body }]) =>
    ({ path: parseRequest(request).path, names: new Set(JSON.stringify(body).match(/"\w+"(?=:)/g)) }))
  for (const { kind, members, path, why } of declared) {
    t.ok(why.length > 10, `${kind} ${members}: has its reason`)
    if (kind === 'with') continue
    for (const name of members) {
      const isThere = bodies.some(body => body.path.startsWith(path) && body.names.has(`"${name}"`))
      t.ok(isThere, `Langflow has ${name} at ${path}`)
    }
  }
  for (const what of INVISIBLE.keys()) t.ok(compatibility.some(row => row[1] === what), what)
})
