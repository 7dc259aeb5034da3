import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A virtual environment with these packages in it, made once and kept beside the installed modules.
 * @returns the folder of its programs; a reason where Python cannot make one
 */
export function makePython (...packages: string[]): { bin: string } | { reason: string } {
  const name = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 10)
  const folder = fileURLToPath(new URL(`../../node_modules/.flowgate/python-${name}`, import.meta.url))
  const [bin, whole] = [join(folder, 'bin'), join(folder, 'whole')]
  if (existsSync(whole)) return { bin }
  rmSync(folder, { recursive: true, force: true })
  const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' })
  if (made.status !== 0) return { reason: 'python3 -m venv failed: ' + (made.error?.message ?? made.stdout) }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
  const installed = spawnSync(join(bin, 'python'), pip, { encoding: 'utf8' })
  if (installed.status !== 0) return { reason: `pip install ${packages.join(' ')} failed: ${installed.stderr}` }
  writeFileSync(whole, packages.join('\n'))
  return { bin }
}
