import { closeSync, openSync, readSync } from 'node:fs'
import { codeOf, reasonOf } from '../../system/errors.ts'

/** A file that cannot be read as text. `message` describes the reason and never contains the content. */
export class UnreadableFile extends Error {
  readonly remedy: string

  constructor (message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.remedy = remedy
  }
}

const EXISTS = 'Check the path.'
const words: Readonly<Record<string, [reason: string, remedy: string]>> = {
  ENOENT: ['does not exist', EXISTS],
  ENOTDIR: ['does not exist: a part of its path is a file', EXISTS],
  EISDIR: ['is a folder', 'Specify a file, or move the folder.'],
  EACCES: ['may not be read by this process', 'Give the account that runs the server permission to read it.'],
  EPERM: ['may not be read by this process', 'Give the account that runs the server permission to read it.'],
  ELOOP: ['is a symbolic link that leads back to itself', EXISTS],
  ENAMETOOLONG: ['has a path that is too long', EXISTS]
}

/** Describes why a file system call failed, with its code. */
export function fileFailure (error: unknown): { reason: string, remedy: string } {
  const code = codeOf(error)
  const [reason, remedy] = words[code] ?? []
  return {
    reason: reason ? `${reason} (${code})` : `cannot be read: ${reasonOf(error)}`,
    remedy: remedy ?? 'Check the path and the file system.'
  }
}

/** Reads at most one byte more than the limit, so reading a pipe or device terminates. */
function readBytes (path: string, bytesMax: number): Buffer {
  const buffer = Buffer.alloc(bytesMax + 1)
  const file = openSync(path, 'r')
  try {
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null)
    }
    return buffer.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

const byteOrderMarks = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' }
] as const

const isUtf8 = (bytes: Buffer) => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/**
 * Lists the lines that fail a test. A line end has the same byte in UTF-8 and in the encodings that are mistaken for
 * it.
 */
function linesThat (bytes: Buffer, fails: (line: Buffer) => boolean): string {
  const numbers: number[] = []
  let from = 0
  for (let number = 1; from <= bytes.length; number++) {
    const end = bytes.indexOf(0x0a, from)
    if (fails(bytes.subarray(from, end === -1 ? bytes.length : end))) numbers.push(number)
    if (end === -1) break
    from = end + 1
  }
  const listed = numbers.slice(0, 5).join(', ') + (numbers.length > 5 ? ', …' : '')
  return `line${numbers.length === 1 ? '' : 's'} ${listed}`
}

const SAVE_AS = 'Save the file as UTF-8.'

function decode (bytes: Buffer): { text: string, hasMark: boolean } {
  const mark = byteOrderMarks.find(({ bytes: first }) => first.every((byte, at) => bytes[at] === byte))
  const { encoding } = mark ?? { encoding: 'utf-8' as const }
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return { text, hasMark: mark !== undefined }
  } catch (cause) {
    if (encoding !== 'utf-8') throw new UnreadableFile('is not valid UTF-16', SAVE_AS, { cause })
    throw new UnreadableFile(`is not UTF-8 in ${linesThat(bytes, line => !isUtf8(line))}`, SAVE_AS, { cause })
  }
  if (encoding !== 'utf-8') throw new UnreadableFile('contains a NUL character', SAVE_AS)
  throw new UnreadableFile(`has a NUL byte in ${linesThat(bytes, line => line.includes(0))}`,
    `${SAVE_AS} UTF-16 without a byte order mark contains NUL bytes.`)
}

/**
 * Reads a small text file: UTF-8, or UTF-16 with a byte order mark (PowerShell's `>` writes it).
 * @returns the text without the mark, and whether the file had one
 * @throws UnreadableFile with the reason
 */
export function readTextFile (path: string, bytesMax: number): { text: string, hasMark: boolean } {
  let bytes: Buffer
  try {
    bytes = readBytes(path, bytesMax)
  } catch (cause) {
    const { reason, remedy } = fileFailure(cause)
    throw new UnreadableFile(reason, remedy, { cause })
  }
  if (bytes.length > bytesMax) {
    throw new UnreadableFile(`is larger than ${bytesMax / 1024} KiB`, 'Specify the correct file: this one is too large.')
  }
  return decode(bytes)
}
