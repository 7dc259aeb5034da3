/** Line ends of a text: a text area holds LF alone, whatever was pasted into it. */
export type LineEnds = 'LF' | 'CRLF' | 'mixed'

/** Which line ends a text has; LF when it has none. */
export function lineEndsOf (text: string): LineEnds {
  const ends = new Set(text.match(/\r\n|\r|\n/g) ?? [])
  if (ends.size > 1 || ends.has('\r')) return 'mixed'
  return ends.has('\r\n') ? 'CRLF' : 'LF'
}

/** As a text area holds it. */
export const toArea = (text: string) => text.replaceAll(/\r\n|\r/g, '\n')

/** The text of an area with the line ends that it had before. Mixed ones cannot be told apart any more. */
export const fromArea = (text: string, ends: LineEnds) => ends === 'CRLF' ? text.replaceAll('\n', '\r\n') : text

/** What a text of several lines is, in words; undefined for a single line without a line end. */
export function describeLines (text: string, wasMixed: boolean): string | undefined {
  const lines = toArea(text).split('\n')
  if (lines.length === 1) return undefined
  const isEnded = lines.at(-1) === ''
  const count = isEnded ? lines.length - 1 : lines.length
  const windows = lineEndsOf(text) === 'CRLF' ? ', with Windows line ends (CRLF)' : ''
  return `${count} ${count === 1 ? 'line' : 'lines'}${windows}${isEnded ? ', and a line end at the end' : ''}.` +
    (wasMixed ? ' Different line ends were replaced by LF.' : '')
}
