type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)
const nodeAt = (node: Node, key: string): Node => isNode(node[key]) ? node[key] : {}
const methods = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head']

/** Resolves a reference in its document. */
function resolve (document: Node, value: unknown): Node {
  let node = isNode(value) ? value : {}
  while (typeof node['$ref'] === 'string') {
    node = node['$ref'].replace('#/', '').split('/').reduce((at, step) => nodeAt(at, step.replace('~1', '/')), document)
  }
  return node
}

const typesOf = ({ type }: Node): string[] => [type].flat().filter(each => typeof each === 'string')
const strings = (value: unknown): string[] => Array.isArray(value) ? value.map(String) : []

/** Limits for requests: those that may only increase, and those that may only decrease. */
const upper = ['maximum', 'maxLength', 'maxItems', 'maxProperties']
const lower = ['minimum', 'minLength', 'minItems']

type Sides = { before: Node, after: Node }

/**
 * What a client of one document may trip over in a later one: what is gone, what is asked for more, what is answered
 * less. An addition is none, a code more in an enumeration of answers neither (docs/upgrading.md).
 */
export function breakingChanges (before: Node, after: Node): string[] {
  const found: string[] = []

  function schemas (one: unknown, other: unknown, side: 'request' | 'response', at: string, seen: string[] = []): void {
    const reference = isNode(one) ? String(one['$ref'] ?? '') : ''
    if (reference !== '' && seen.includes(reference)) return
    const trail = [...seen, reference]
    const pair: Sides = { before: resolve(before, one), after: resolve(after, other) }
    types(pair, side, at)
    if (side === 'request') bounds(pair, at)
    members(pair, side, at, trail)
    if ('items' in pair.before) schemas(pair.before['items'], pair.after['items'], side, `${at}[]`, trail)
    const [options, others] = [pair.before['anyOf'], pair.after['anyOf']]
    if (!Array.isArray(options)) return
    if (!Array.isArray(others) || others.length < options.length) found.push(`${at}: fewer alternatives`)
    else options.forEach((option, index) => schemas(option, others[index], side, `${at}|${index}`, trail))
  }

  /** A request may accept more types and values than before, a response may return fewer. */
  function types ({ before, after }: Sides, side: 'request' | 'response', at: string) {
    const [narrow, wide] = side === 'request' ? [before, after] : [after, before]
    const [few, many] = [typesOf(narrow), typesOf(wide)]
    const isWithin = (type: string) => many.includes(type) || (type === 'integer' && many.includes('number'))
    if (many.length > 0 && !(few.length > 0 && few.every(isWithin))) {
      found.push(`${at}: type ${typesOf(before).join('|') || 'any'} became ${typesOf(after).join('|') || 'any'}`)
    }
    if (side === 'response' || !Array.isArray(after['enum'])) return
    const values = strings(after['enum'])
    const isNarrower = !Array.isArray(before['enum']) || strings(before['enum']).some(value => !values.includes(value))
    if (isNarrower) found.push(`${at}: fewer values are taken`)
  }

  function bounds ({ before, after }: Sides, at: string) {
    const isTighter = (name: string, sign: 1 | -1) => name in after &&
      (!(name in before) || sign * Number(after[name]) < sign * Number(before[name]))
    for (const name of upper) if (isTighter(name, 1)) found.push(`${at}: ${name} is tighter`)
    for (const name of lower) if (isTighter(name, -1)) found.push(`${at}: ${name} is tighter`)
    if ('pattern' in after && after['pattern'] !== before['pattern']) found.push(`${at}: another pattern`)
  }

  function members ({ before, after }: Sides, side: 'request' | 'response', at: string, trail: string[]) {
    const [old, fresh] = [nodeAt(before, 'properties'), nodeAt(after, 'properties')]
    const [asked, asks] = [strings(before['required']), strings(after['required'])]
    for (const [name, schema] of Object.entries(old)) {
      if (!(name in fresh)) found.push(`${at}.${name}: removed`)
      else schemas(schema, fresh[name], side, `${at}.${name}`, trail)
    }
    if (side === 'request') {
      for (const name of asks) if (!asked.includes(name)) found.push(`${at}.${name}: is required now`)
    } else {
      for (const name of asked) if (!asks.includes(name)) found.push(`${at}.${name}: may be missing now`)
    }
  }

  function parameters (one: Node, other: Node, at: string) {
    const list = (document: Node, { parameters: all }: Node) => new Map(
      (Array.isArray(all) ? all : []).map(each => resolve(document, each)).map(each => [`${each['in']} ${each['name']}`, each]))
    const [old, fresh] = [list(before, one), list(after, other)]
    for (const [name, parameter] of old) {
      const later = fresh.get(name)
      if (!later) found.push(`${at} ${name}: removed`)
      else schemas(parameter['schema'], later['schema'], 'request', `${at} ${name}`)
    }
    for (const [name, later] of fresh) {
      if (later['required'] && !old.get(name)?.['required']) found.push(`${at} ${name}: is required now`)
    }
  }

  function bodies (one: unknown, other: unknown, side: 'request' | 'response', at: string) {
    const [old, fresh] = [nodeAt(resolve(before, one), 'content'), nodeAt(resolve(after, other), 'content')]
    for (const [media, content] of Object.entries(old)) {
      const later = fresh[media]
      if (!isNode(content) || !isNode(later)) found.push(`${at} ${media}: removed`)
      else schemas(content['schema'], later['schema'], side, at)
    }
  }

  function operations (one: Node, other: Node, at: string) {
    if (one['operationId'] !== other['operationId']) found.push(`${at}: another operationId`)
    parameters(one, other, at)
    const isAskedNow = resolve(after, other['requestBody'])['required'] === true
    if (isAskedNow && resolve(before, one['requestBody'])['required'] !== true) found.push(`${at}: a body is required now`)
    bodies(one['requestBody'], other['requestBody'], 'request', `${at} body`)
    const later = nodeAt(other, 'responses')
    for (const [status, response] of Object.entries(nodeAt(one, 'responses'))) {
      if (!(status in later)) found.push(`${at} ${status}: removed`)
      else bodies(response, later[status], 'response', `${at} ${status}`)
    }
    if (Array.isArray(one['security']) && one['security'].length === 0 && !same(one['security'], other['security'])) {
      found.push(`${at}: needs credentials now`)
    }
  }

  for (const [path, operationsBefore] of Object.entries(nodeAt(before, 'paths'))) {
    const operationsAfter = nodeAt(nodeAt(after, 'paths'), path)
    for (const method of methods) {
      const at = `${method.toUpperCase()} ${path}`
      const [one, other] = [nodeAt(operationsBefore as Node, method), operationsAfter[method]]
      if (Object.keys(one).length === 0) continue
      if (isNode(other)) operations(one, other, at)
      else found.push(`${at}: removed`)
    }
  }
  return found
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
