type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Says of every body that it must be there: a route that takes one validates it, and nothing is no object. */
export function withRequiredBodies<T extends object> (document: T): T {
  const { paths = {} } = document as { paths?: Record<string, Node> }
  for (const operation of Object.values(paths).flatMap(path => Object.values(path))) {
    if (isNode(operation) && isNode(operation['requestBody'])) operation['requestBody']['required'] = true
  }
  return document
}

/**
 * Writes an enumeration that may be null as two alternatives. Validation wants it in one piece; generated clients make
 * a type of each member's place out of that, where one named type is meant.
 */
export function withNullableEnums<T> (value: T): T {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit)
    if (!isNode(node)) return node
    const copy = Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]))
    const { type, enum: values, title, ...rest } = copy
    if (!Array.isArray(type) || !Array.isArray(values) || !values.includes(null)) return copy
    const named = {
      type: 'string', enum: values.filter(each => each !== null), ...(title === undefined
        ? {}
        : { title })
    }
    return { ...rest, anyOf: [named, { type: 'null' }] }
  }
  return visit(value) as T // the same document, said otherwise
}
