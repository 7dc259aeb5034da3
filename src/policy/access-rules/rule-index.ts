import { matchesExactly, matchesLeniently, type PathPattern } from './paths.ts'

/** What the index reads of a rule. */
type Indexed = { paths: readonly PathPattern[] | undefined, methods: ReadonlySet<string> | undefined }

type Find<Rule> = (method: string, path: string) => Rule | undefined

/** The rules of a host, by the first segment of the path. */
export type RuleIndex<Rule extends Indexed> = {
  isEmpty: boolean
  /** The first rule that matches the exact reading of a path (paths.ts). */
  byExactPath: Find<Rule>
  /** The same for the lenient reading. */
  byLenientPath: Find<Rule>
}

/** RFC 9110, 9.3.2: HEAD is GET without content. */
const hasMethod = ({ methods }: Indexed, method: string) =>
  methods === undefined || methods.has(method) || (method === 'HEAD' && methods.has('GET'))

/** The first segment of a path that begins with a slash. */
function segmentOf (path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path.slice(1) : path.slice(1, end)
}

/** Compiles the search by one reading of the paths. */
function searchBy<Rule extends Indexed> (
  rules: readonly Rule[], textOf: (pattern: PathPattern) => string,
  matches: (pattern: PathPattern, path: string) => boolean
): Find<Rule> {
  /** The first segment that a pattern requires; undefined for `/*`. */
  const required = (pattern: PathPattern) =>
    pattern.isPrefix && segmentOf(textOf(pattern)) === '' ? undefined : segmentOf(textOf(pattern))
  const mayMatch = ({ paths }: Rule, segment: string | undefined) => paths === undefined ||
    paths.some(pattern => required(pattern) === undefined || required(pattern) === segment)
  const segments = new Set(rules.flatMap(({ paths = [] }) => paths.map(required)))
  const candidates = new Map([...segments].map(segment => [segment, rules.filter(rule => mayMatch(rule, segment))]))
  const others = rules.filter(rule => mayMatch(rule, undefined))

  return (method, path) => (candidates.get(segmentOf(path)) ?? others).find(rule => hasMethod(rule, method) &&
    (rule.paths === undefined || rule.paths.some(pattern => matches(pattern, path))))
}

/** Compiles the rules of a host, in their order. */
export const indexRules = <Rule extends Indexed>(rules: readonly Rule[]): RuleIndex<Rule> => ({
  isEmpty: rules.length === 0,
  byExactPath: searchBy(rules, ({ exact }) => exact, matchesExactly),
  byLenientPath: searchBy(rules, ({ lenient }) => lenient, matchesLeniently)
})
