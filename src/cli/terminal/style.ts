import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colour for people alone: never into a file or a pipe, nor where NO_COLOR asks for none. */
export function styled (format: Format, text: string, stream: WriteStream = process.stdout): string {
  return stream.isTTY && stream.hasColors() ? styleText(format, text, { validateStream: false }) : text
}

/** Titles of the help: commander itself takes the styling away off a terminal. */
export const emphasize = (text: string) => styleText('bold', text, { validateStream: false })
