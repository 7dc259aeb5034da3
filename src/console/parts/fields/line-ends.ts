/** The line ends of a text. A text area normalizes them to LF. */
export type LineEnds = 'LF' | 'CRLF' | 'mixed'

/** The line ends in a text; LF when there are none. */
export function lineEndsOf (text: string): LineEnds {
  const ends = new Set(text.match(/\r\n|\r|\n/g) ?? [])
  if (ends.size > 1 || ends.has('\r')) return 'mixed'
  return ends.has('\r\n') ? 'CRLF' : 'LF'
}

/** The text with the line ends of a text area. */
export const toArea = (text: string) => text.replaceAll(/\r\n|\r/g, '\n')

/** The text of a text area with its original line ends. Mixed line ends cannot be restored. */
export const fromArea = (text: string, ends: LineEnds) => ends === 'CRLF' ? text.replaceAll('\n', '\r\n') : text

/** Describes the lines of a text; undefined for a single line without a line end. */
export function describeLines (text: string, wasMixed: boolean): string | undefined {
  const lines = toArea(text).split('\n')
  if (lines.length === 1) return undefined
  const isEnded = lines.at(-1) === ''
  const count = isEnded ? lines.length - 1 : lines.length
  const windows = lineEndsOf(text) === 'CRLF' ? ' with Windows line ends (CRLF)' : ''
  return `${count} ${count === 1 ? 'line' : 'lines'}${windows}${isEnded ? ', ending with a line end' : ''}.` +
    (wasMixed ? ' Mixed line ends were replaced by LF.' : '')
}
