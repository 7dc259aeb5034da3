import { spawn } from 'node:child_process'
import type { Test } from 'tap'
import { cleanEnv, type Env, flowgate, temporaryFolder } from './cli.ts'

export type Screen = { code: number | null, screen: string }

type Options = { env?: Env, columns?: number, answers?: string[], prompt?: RegExp }

/**
 * Runs `flowgate` on a pseudo-terminal and types an answer to each prompt.
 * @returns everything that was shown, with the terminal's line ends
 */
export function runOnTerminal (
  t: Test, args: string[],
  { env = {}, columns = 120, answers = [], prompt = /(?:Password|Confirm password): |\[y\/N\] /g }: Options = {}
): Promise<Screen> {
  const words = [process.execPath, '--', flowgate, ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${words}`, '/dev/null'], {
    env: { ...cleanEnv, TERM: 'xterm', ...env }, cwd: temporaryFolder(t)
  })
  let screen = ''
  let asked = 0
  child.stdout.on('data', chunk => {
    screen += chunk
    const prompts = screen.match(prompt)?.length ?? 0
    for (; asked < prompts; asked++) child.stdin.write(answers[asked] ?? '')
  })
  return new Promise(resolve => { child.on('close', code => resolve({ code, screen })) })
}
