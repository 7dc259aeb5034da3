// Opens the embedded database of a folder with short timings, and inserts rows until SIGTERM. Prints a line for each
// acknowledged row. Usage: node lock-holder.mjs FOLDER TIMINGS
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
