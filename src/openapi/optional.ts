type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const isOptional = ({ in: place, schema }: Node) => place === 'query' && isNode(schema) && 'default' in schema

/**
 * Says of query parameters with a default that they may be left out. The routes' schemas require them, because behind
 * validation they are always there; a client generated from the document would have to send every one.
 */
export function withOptionalDefaults<T> (value: T): T {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit)
    if (!isNode(node)) return node
    const copy = Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]))
    return isOptional(copy) ? { ...copy, required: false } : copy
  }
  return visit(value) as T // the same shape, member for member
}
