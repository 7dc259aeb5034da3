import { isNode, mapNodes, type Node, sorted } from './walk.ts'

/**
 * The routes' schemas require query parameters that have a default, because they always have a value after validation.
 * Clients may omit them.
 */
const withOptionalDefault = (node: Node): Node =>
  node['in'] === 'query' && isNode(node['schema']) && 'default' in node['schema'] ? { ...node, required: false } : node

/** The format `storable` is Flowgate's own. The pattern says the same to other tools: no NUL. */
const withStorablePattern = (node: Node): Node =>
  node['format'] === 'storable' && node['pattern'] === undefined ? { ...node, pattern: '^[^\\u0000]*$' } : node

/**
 * Describes a nullable enumeration as two alternatives. Validation needs it in one piece, but generators would create
 * one type for each place where it occurs.
 */
function withNullableEnum (node: Node): Node {
  const { type, enum: values, title, ...rest } = node
  if (!Array.isArray(type) || !Array.isArray(values) || !values.includes(null)) return node
  const named = {
    type: 'string', enum: values.filter(each => each !== null), ...(title === undefined ? {} : { title })
  }
  return { ...rest, anyOf: [named, { type: 'null' }] }
}

/**
 * Rewrites the schemas of a document for readers and generators. Each schema with a title moves to
 * `components.schemas`, so that generators create one named type instead of many anonymous ones.
 * @throws Error if two different schemas have the same title
 */
export function withNamedSchemas<T extends object> (document: T): T {
  const schemas: Node = {}

  function hoist (node: Node): Node {
    const { title, type, anyOf } = node
    if (typeof title !== 'string' || (type ?? anyOf) === undefined) return node
    const known = schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(node)) {
      throw new Error(`two schemas are titled ${title}`)
    }
    schemas[title] = node
    return { $ref: `#/components/schemas/${title}` }
  }

  const { components = {}, ...rest } = document as { components?: object }
  const mapped = mapNodes(rest, node => hoist(withNullableEnum(withStorablePattern(withOptionalDefault(node)))))
  return { ...mapped as Node, components: { ...components, schemas: sorted(schemas) } } as unknown as T
}
