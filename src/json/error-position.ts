import { createRequire } from 'node:module'

/**
 * The index of the first character that makes a text invalid JSON; the length of the text if it ends too early;
 * undefined if the text is valid. `JSON.parse` does not report the position of every error. The parser is loaded on
 * first use.
 */
export function jsonErrorPosition (text: string): number | undefined {
  const { visit } = createRequire(import.meta.url)('jsonc-parser') as typeof import('jsonc-parser')
  let position: number | undefined
  visit(text, {
    onError: (_code, offset) => { position ??= Math.min(offset, text.length) }
  }, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false })
  return position
}
