import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colours the text on a terminal, unless NO_COLOR is set. Files and pipes get plain text. */
export function styled (format: Format, text: string, stream: WriteStream = process.stdout): string {
  return stream.isTTY && stream.hasColors() ? styleText(format, text, { validateStream: false }) : text
}

/** Titles of the help. Commander removes the style where the output is no terminal. */
export const emphasize = (text: string) => styleText('bold', text, { validateStream: false })
