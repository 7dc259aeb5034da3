type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/**
 * Moves every schema that has a title into `components.schemas` under it, and refers to it from where it stood:
 * so generated clients get one named type instead of many anonymous ones.
 * @throws Error when two different schemas share a title
 */
export function hoistTitled<T extends object> (document: T): T {
  const schemas: Node = {}

  function visit (value: unknown): unknown {
    if (Array.isArray(value)) return value.map(visit)
    if (!isNode(value)) return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member)]))
    const { title, type, anyOf } = copy
    if (typeof title !== 'string' || (type ?? anyOf) === undefined) return copy
    const known = schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy)) {
      throw new Error(`two schemas are titled ${title}`)
    }
    schemas[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }

  const { components = {}, ...rest } = document as { components?: object }
  const visited = visit(rest) as Node // a node in, a node out
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1))
  return { ...visited, components: { ...components, schemas: sorted } } as unknown as T
}
