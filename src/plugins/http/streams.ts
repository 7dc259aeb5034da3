import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import yazl from 'yazl'

/** A file of an archive. It is read when its turn comes; undefined if it was deleted. */
export type ArchiveFile = { name: string, extension: string, read: () => Promise<string | undefined> }

declare module 'fastify' {
  interface FastifyReply {
    /** Sends JSON text, complete or streamed. */
    sendJson: (text: string | AsyncIterable<string>) => Promise<FastifyReply>
    /** Sends a ZIP archive that is compressed while its files are read. */
    sendZip: (name: string, files: ArchiveFile[]) => FastifyReply
  }
}

/**
 * Characters that are buffered before the first byte is sent. An error until then yields an error response; after it,
 * the connection is closed.
 */
const GATHERED_CHARACTERS = 256 * 1024

async function * following (first: string, rest: AsyncIterator<string>): AsyncIterable<string> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** Creates file names that are valid on every operating system and unique regardless of case. */
function createNamer () {
  const used = new Set<string>()
  return ({ name, extension }: ArchiveFile): string => {
    const safe = name.replace(/[\p{Cc}\p{Cs}\\/:*?"<>|]/gu, '_').replace(/^[. ]+|[. ]+$/g, '').slice(0, 60) || 'flow'
    for (let number = 0; ; number++) {
      const candidate = `${safe}${number === 0 ? '' : ` (${number})`}${extension}`
      if (used.has(candidate.toLowerCase())) continue
      used.add(candidate.toLowerCase())
      return candidate
    }
  }
}

/**
 * Adds the files to an archive one after the other. A flow that was deleted meanwhile is omitted. The next file is read
 * when the previous one has been sent.
 * @param signal aborts when the client has disconnected
 */
async function fill (zip: yazl.ZipFile, files: ArchiveFile[], signal: AbortSignal) {
  const nameOf = createNamer()
  for (const file of files) {
    const text = await file.read()
    if (signal.aborted) return
    if (text === undefined) continue
    const content = Readable.from([text])
    zip.addReadStream(content, nameOf(file))
    await finished(content, { signal })
  }
  zip.end()
}

/** Streaming responses. */
export const streamsPlugin = fp(async app => {
  app.decorateReply('sendJson', async function (this: FastifyReply, pieces) {
    this.type('application/json; charset=utf-8')
    if (typeof pieces === 'string') return this.send(pieces)
    const iterator = pieces[Symbol.asyncIterator]()
    let gathered = ''
    let next = await iterator.next()
    for (; !next.done && gathered.length < GATHERED_CHARACTERS; next = await iterator.next()) gathered += next.value
    if (next.done) return this.send(gathered)
    return this.send(Readable.from(following(gathered + next.value, iterator)))
  })

  app.decorateReply('sendZip', function (this: FastifyReply, name, files) {
    const zip = new yazl.ZipFile()
    const output = Readable.from(zip.outputStream)
    const over = new AbortController()
    const fail = (error: unknown) => output.destroy(error instanceof Error ? error : new Error('the archive broke'))
    output.once('close', () => over.abort())
    zip.on('error', fail)
    fill(zip, files, over.signal).catch(fail)
    return this.type('application/zip')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(output)
  })
}, { name: 'streams' })
