import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { buildApp } from '../helpers/app.ts'

const MIB = 1024 * 1024

t.test('an archive omits flows that are deleted while it is written', { timeout: 60_000 }, async t => {
  const { as, app } = await buildApp(t)
  const ada = await as('ada')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const random = () => ({ nodes: [randomBytes(3 * MIB).toString('base64')], edges: [] })
  const ids: string[] = []
  const add = async (name: string, data: unknown) => { ids.push((await ada.post('/flows/', { name, data })).json().id) }
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await add(name, random())
  for (const name of ['g', 'h', 'h']) await add(name, { nodes: [], edges: [] })

  /** Downloads all flows. `meanwhile` runs after the response started, while none of it is read. */
  const download = (meanwhile: () => Promise<unknown>) => new Promise<Buffer>((resolve, reject) => {
    const asking = request(`${url}/api/v1/flows/download/`, {
      method: 'POST', headers: { ...ada.bearer, 'content-type': 'application/json' }
    }, async response => {
      const chunks: Buffer[] = []
      response.on('end', () => resolve(Buffer.concat(chunks))).on('error', reject)
      await meanwhile().catch(reject)
      response.on('data', chunk => chunks.push(chunk))
    })
    asking.on('error', reject).end(JSON.stringify(ids))
  })
  const namesIn = (zip: Buffer) => {
    const path = join(mkdtempSync(join(t.testdir(), 'zip-')), 'flows.zip')
    writeFileSync(path, zip)
    const list = 'import sys, zipfile\n' +
      'for e in zipfile.ZipFile(sys.argv[1]).infolist(): print(e.filename, e.file_size > 0)'
    return execFileSync('python3', ['-c', list, path], { encoding: 'utf8' }).trim().split('\n')
  }
  const flows = (names: string[]) => names.map(name => `${name}.json True`)
  t.strictSame(namesIn(await download(async () => {})), flows(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'h (1)']))
  const some = await download(() => Promise.all([6, 7].map(index => ada.delete(`/flows/${ids[index]}`))))
  t.strictSame(namesIn(some), flows(['a', 'b', 'c', 'd', 'e', 'f', 'h (1)']), 'one in the middle and its namesake')
  const rest = await download(async () => { for (const id of ids.slice(5)) await ada.delete(`/flows/${id}`) })
  t.strictSame(namesIn(rest), flows(['a', 'b', 'c', 'd', 'e']), 'the last ones')
})
