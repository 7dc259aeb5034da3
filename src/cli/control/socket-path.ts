import { mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

const SOCKET = 'control.sock'

/** Names the socket where its path in LANGFLOW_CONFIG_DIR would be too long. */
const POINTER = 'control.path'

/** Bytes of a path in `sockaddr_un`, without the final zero: 107 on Linux, 103 on macOS. */
const PATH_BYTES_MAX = 103

const FOLDER_PREFIX = 'flowgate-'

/** Where the server of a folder listens for commands. Nothing need be there. */
export function findSocketPath (configDir: string): string {
  try {
    return readFileSync(join(configDir, POINTER), 'utf8').trim()
  } catch {
    return join(configDir, SOCKET)
  }
}

/**
 * Removes the socket of a server that ended without doing so, and chooses the place of the next one. Only the process
 * that has the lock of the embedded database may call this.
 * @returns a path in the folder or, where that is too long, in a folder with mode 0700 for temporary files
 */
export function prepareSocketPath (configDir: string): string {
  removeSocket(configDir)
  const path = join(configDir, SOCKET)
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path
  const short = join(mkdtempSync(join(tmpdir(), FOLDER_PREFIX)), SOCKET)
  writeFileSync(join(configDir, POINTER), short + '\n', { mode: 0o600 })
  return short
}

/** Removes the socket, its pointer and the folder that was made for it. */
export function removeSocket (configDir: string): void {
  const path = findSocketPath(configDir)
  rmSync(join(configDir, SOCKET), { force: true })
  rmSync(join(configDir, POINTER), { force: true })
  const folder = dirname(path)
  if (folder === configDir || !basename(folder).startsWith(FOLDER_PREFIX)) return
  try {
    rmSync(path, { force: true })
    rmdirSync(folder)
  } catch {
    // Removed already, or in use for something else.
  }
}
