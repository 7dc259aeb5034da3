// Loaded before a server (NODE_OPTIONS=--import): on SIGUSR2 it says what is left in memory when all garbage is gone.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('SIGUSR2', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  console.error(`heap: ${heapUsed + external}`)
})
