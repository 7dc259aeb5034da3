import {
  type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar, type YAMLMap
} from 'yaml'

/** A mistake in a file, with its place; line and column count from 1. */
export type Mistake = { line: number, column: number, problem: string }

/** A node; null if it is missing, undefined if a mistake about it was reported. */
export type Value = Node | null | undefined

/** A member of a mapping. */
export type Entry = { key: string, keyNode: Scalar, value: Value }

/** A YAML document whose reader collects mistakes instead of stopping at the first one. */
export function openYaml (text: string) {
  const lines = new LineCounter()
  const document: Document.Parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const mistakes: Mistake[] = []

  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const startOf = (node: Value) => node?.range?.[0] ?? 0
  const report = (node: Value, problem: string): undefined => {
    mistakes.push({ ...placeOf(startOf(node)), problem })
    return undefined
  }

  for (const { pos: [start], message } of [...document.errors, ...document.warnings]) {
    mistakes.push({ ...placeOf(start), problem: message.replace(/\s+/g, ' ') })
  }

  /** The node; undefined for an alias. Aliases could make a small file expand to a huge one. */
  const plain = (node: unknown): Value =>
    isAlias(node) ? report(node, 'aliases are not supported') : node as Node | null // yaml creates nothing but nodes

  /** The text of a scalar. `what` names it in messages. */
  function textOf (node: Value, what: string): string | undefined {
    if (node === undefined) return undefined
    if (!isScalar(node)) return report(node, `${what} must be a text`)
    if (typeof node.value === 'string') return node.value
    // `8080` or `true` without quotes. YAML read another type.
    return report(node, `${what} must be a text; write it in quotes`)
  }

  return {
    mistakes,
    root: plain(document.contents),
    report,
    lineOf: (node: Node) => placeOf(startOf(node)).line,

    /** The members of a mapping whose names are allowed. */
    entriesOf (node: Value, what: string, allowed: readonly string[]): Map<string, Entry> {
      const entries = new Map<string, Entry>()
      if (node === undefined) return entries
      if (!isMap(node)) {
        report(node, `${what} must be a mapping with ${allowed.map(name => `\`${name}\``).join(', ')}`)
        return entries
      }
      for (const { key, value } of (node as YAMLMap).items) {
        const keyNode = key as Scalar // a complex key is no scalar: its value is no string
        const name = typeof keyNode.value === 'string' ? keyNode.value : undefined
        if (name === undefined || !allowed.includes(name)) {
          report(keyNode, `${what} has no \`${name ?? String(keyNode)}\`; it has ${allowed.map(each => `\`${each}\``).join(', ')}`)
        } else entries.set(name, { key: name, keyNode, value: plain(value) })
      }
      return entries
    },

    /** The items of a sequence. */
    itemsOf (node: Value, what: string): Value[] {
      if (node === undefined) return []
      if (!isSeq(node)) {
        report(node, `${what} must be a list`)
        return []
      }
      return node.items.map(plain)
    },

    textOf,

    /** A text or a list of texts, each with its node. Empty lists are a mistake: they would match nothing. */
    textsOf (node: Value, what: string): Array<{ text: string, node: Node }> {
      const items = isSeq(node) ? node.items.map(plain) : [node]
      if (items.length === 0) report(node, `${what} is empty`)
      return items.flatMap(item => {
        const text = textOf(item, isSeq(node) ? `each of ${what}` : what)
        return text === undefined || !item ? [] : [{ text, node: item }]
      })
    }
  }
}

export type Yaml = ReturnType<typeof openYaml>
