// Loaded before a server (NODE_OPTIONS=--import). On SIGUSR2, prints the heap size after garbage collection.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('SIGUSR2', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  console.error(`heap: ${heapUsed + external}`)
})
