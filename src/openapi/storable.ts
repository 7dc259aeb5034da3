type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** What readers of the document can know of the format `storable`: a text has no NUL. */
const NO_NUL = '^[^\\u0000]*$'

/** Says of storable texts what they are by a pattern, too: the format is ours, and means nothing to others' tools. */
export function withStorablePattern<T> (value: T): T {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit)
    if (!isNode(node)) return node
    const copy = Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]))
    return copy['format'] === 'storable' && copy['pattern'] === undefined ? { ...copy, pattern: NO_NUL } : copy
  }
  return visit(value) as T // the same shape, member for member
}
