import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes a generated file, or with `--check` compares it and exits with 1 if it differs.
 * @param command updates the file; named in the message
 */
export function writeOrCheck (path: string, text: string, command: string): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text)
    console.log(`${path} written`)
    return
  }
  const isFresh = readIfThere(path) === text
  console.log(isFresh ? `${path} is up to date` : `${path} is stale: run \`${command}\``)
  if (!isFresh) process.exitCode = 1
}

function readIfThere (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
