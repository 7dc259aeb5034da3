import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { makePython } from './python.ts'

/** Options of tests that install Langflow. `npm run test:langflow` runs them. */
export const needsLangflow = process.env['FLOWGATE_TEST_LANGFLOW']
  ? {}
  : { skip: 'installs Langflow, 1.3 GiB: npm run test:langflow' }

/**
 * An environment with Langflow 1.13, made once. pip needs half an hour to resolve its dependencies, uv some seconds.
 * @returns the folder of its programs
 */
export function makeLangflow (): string {
  const made = makePython('uv==0.13.9')
  if ('reason' in made) throw new Error(made.reason)
  const install = ['pip', 'install', '--quiet', '--python', join(made.bin, 'python'), 'langflow-base==1.13.0']
  const { status, stderr } = spawnSync(join(made.bin, 'uv'), install, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`uv ${install.join(' ')} failed: ${stderr}`)
  return made.bin
}
