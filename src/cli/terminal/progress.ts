/** Shows the progress of long work. */
export type Progress = { advance: (count: number) => void, stop: () => void }

/** Minimum time between two plain lines. */
const LINE_EVERY_MS = 2000

const rate = (count: number, since: number) => Math.round(count / Math.max(0.001, (Date.now() - since) / 1000))

/**
 * A bar on a terminal, otherwise a line every few seconds. Both go to standard error; results go to standard output.
 * @param what is counted, in the plural
 */
export async function startProgress (total: number, what: string): Promise<Progress> {
  return process.stderr.isTTY ? startBar(total, what) : startLines(total, what)
}

async function startBar (total: number, what: string): Promise<Progress> {
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: `[{bar}] {percentage}%  {value}/{total} ${what}  {rate}/s  {eta_formatted} left`,
    stream: process.stderr,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    stopOnComplete: false
  })
  const since = Date.now()
  let done = 0
  bar.start(total, 0, { rate: 0 })
  return {
    advance: count => {
      done += count
      if (done > bar.getTotal()) bar.setTotal(done)
      bar.update(done, { rate: rate(done, since) })
    },
    stop: () => bar.stop()
  }
}

function startLines (total: number, what: string): Progress {
  const since = Date.now()
  let done = 0
  let lastLine = since
  return {
    advance: count => {
      done += count
      if (Date.now() - lastLine < LINE_EVERY_MS) return
      lastLine = Date.now()
      console.error(`${done} of ${Math.max(total, done)} ${what}, ${rate(done, since)}/s`)
    },
    stop: () => {}
  }
}
