#!/bin/sh
':' // ; exec node -- "$0" "$@"
// The shell runs line 2 and starts Node.js on this file; for JavaScript, line 2 is a string and a comment. `--` passes
// every option on: Node.js 20 reads `--env-file` as its own option anywhere on the command line.
import { requireNode } from './node-version.mjs'

const inPackage = path => new URL('../' + path, import.meta.url)

// Older versions cannot parse `await` outside a function, and would not print the message of requireNode().
async function main () {
  requireNode()
  const { existsSync } = await import('node:fs')
  if (!existsSync(inPackage('dist/cli.js'))) await build(existsSync)
  await import(inPackage('dist/cli.js').href)
}

/** Sets up a fresh clone. A published package always has dist/. */
async function build (existsSync) {
  if (!existsSync(inPackage('scripts/setup.mjs'))) {
    console.error('flowgate: dist/ is missing from this package. Install the package again.')
    process.exit(1)
  }
  const { spawnSync } = await import('node:child_process')
  const { fileURLToPath } = await import('node:url')
  // Standard output belongs to the command.
  const setup = [fileURLToPath(inPackage('scripts/setup.mjs'))]
  const { status } = spawnSync(process.execPath, setup, { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(1)
}

main()
