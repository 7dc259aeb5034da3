import { createHash } from 'node:crypto'

/** The Sec-WebSocket-Accept of a key (RFC 6455, 4.2.2). */
export const acceptOf = (key = '') =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** A text frame of fewer than 126 bytes. Clients must mask their frames (RFC 6455, 5.2). */
export function writeFrame (text: string, { isMasked = false } = {}) {
  const payload = Buffer.from(text)
  const mask = isMasked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0)
  const bytes = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, payload.length | (isMasked ? 0x80 : 0)]), mask, bytes])
}

/** The texts of frames, which may arrive in pieces. */
export async function * readTexts (stream: AsyncIterable<Buffer>): AsyncGenerator<string, undefined> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk])
    for (;;) {
      const [isMasked, length] = [((bytes[1] ?? 0) & 0x80) !== 0, (bytes[1] ?? 0) & 0x7f]
      const begin = isMasked ? 6 : 2
      if (bytes.length < begin + length) break
      const mask = isMasked ? bytes.subarray(2, begin) : Buffer.alloc(4)
      yield bytes.subarray(begin, begin + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)).toString()
      bytes = bytes.subarray(begin + length)
    }
  }
}
