/** An object of an OpenAPI document. */
export type Node = Record<string, unknown>

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Rebuilds a document from its leaves: `change` receives each object after its members were changed. */
export function mapNodes (value: unknown, change: (node: Node) => Node): unknown {
  if (Array.isArray(value)) return value.map(item => mapNodes(item, change))
  if (!isNode(value)) return value
  return change(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapNodes(member, change)])))
}

/** Every operation of the document. */
export const operationsOf = ({ paths = {} }: { paths?: unknown }): Node[] =>
  Object.values(paths as Record<string, Node>).flatMap(path => Object.values(path)).filter(isNode)

/** The members of a record in the order of their names. */
export const sorted = (record: Node): Node =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1))
