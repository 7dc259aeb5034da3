import type { Test } from 'tap'

export type Tally = ReturnType<typeof createTally>

/** Counts the cases of each group and proxy. */
export function createTally () {
  const groups = new Map<string, Map<string, { passed: number, all: number }>>()

  /** Runs a case. @param run returns what is wrong; empty if nothing is */
  async function check (t: Test, proxy: string, group: string, name: string, run: () => Promise<string[]>) {
    const problems = await run().catch(error => [String(error)])
    t.strictSame(problems, [], `${group}: ${name}`)
    const byProxy = groups.get(group) ?? new Map()
    const { passed, all } = byProxy.get(proxy) ?? { passed: 0, all: 0 }
    groups.set(group, byProxy.set(proxy, { passed: passed + Number(problems.length === 0), all: all + 1 }))
  }

  /** A table, one line for each group. */
  function lines (proxies: readonly string[]): string[] {
    const row = (name: string, cells: readonly string[]) =>
      name.padEnd(12) + cells.map(text => text.padStart(9)).join('')
    const countOf = (group: string, proxy: string) => groups.get(group)?.get(proxy) ?? { passed: 0, all: 0 }
    const counted = [...groups.keys()].map(group => row(group, proxies.map(proxy => {
      const { passed, all } = countOf(group, proxy)
      return all === 0 ? '-' : `${passed}/${all}`
    })))
    const passed = [...groups.keys()].flatMap(group => proxies.map(proxy => countOf(group, proxy).passed))
    return [row('', proxies), ...counted, `${passed.reduce((sum, count) => sum + count, 0)} passed`]
  }

  return { check, lines }
}
