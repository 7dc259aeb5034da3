// Opens the embedded database of a folder with short timings, and inserts rows until it is told to stop (SIGTERM).
// One line on standard output for each row that was acknowledged.
// usage: node lock-holder.mjs FOLDER TIMINGS
import { openEmbedded } from '../../dist/db/embedded/embedded.js'

const [folder, timings] = process.argv.slice(2)
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
try {
  const { pglite, ready, close } = await openEmbedded(folder, JSON.parse(timings))
  await ready
  await pglite.exec('CREATE TABLE IF NOT EXISTS written (name text)')
  for (let n = 0; !stopping.signal.aborted; n++) {
    const name = `${process.env.HOLDER ?? process.pid}.${n}`
    await pglite.query('INSERT INTO written VALUES ($1)', [name])
    console.log(name)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await close()
} catch (error) {
  console.error(error.message)
  process.exitCode = error.exitCode ?? 3
}
