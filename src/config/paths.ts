import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { UnfitValue } from './parse.ts'

const ABSOLUTE = 'Write the absolute path.'

/** The home folder of the process. It is unknown without HOME and without an entry in passwd. */
function home (): string {
  let folder = ''
  try {
    folder = homedir()
  } catch { /* reported below */ }
  if (folder === '') throw new UnfitValue('begins with ~, but the home folder of this process is unknown', ABSOLUTE)
  return folder
}

/**
 * Resolves the path of a setting. A leading `~` is the home folder; nothing else is expanded.
 * @param folder base folder of relative paths
 * @throws UnfitValue if only a shell could resolve the path
 */
export function absolutePath (text: string, folder = process.cwd()): string {
  if (/^~[^/\\]/.test(text)) throw new UnfitValue('begins with the home folder of another account', ABSOLUTE)
  if (/\$\{?\w/.test(text)) {
    throw new UnfitValue('contains a variable ($), which is not expanded in paths', ABSOLUTE)
  }
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) throw new UnfitValue('is a URL, not a path', ABSOLUTE)
  return text.startsWith('~') ? join(home(), text.slice(1)) : resolve(folder, text)
}

/**
 * Resolves the path of a setting. In a settings file, it is relative to the folder of that file. Version 0.1 used the
 * working directory. A path that exists only there is an error; otherwise the server would start with an empty folder.
 * @param folder folder of the settings file; undefined for the environment and the command line
 * @throws UnfitValue like absolutePath, and if the path exists only in the working directory
 */
export function settingPath (text: string, folder: string | undefined): string {
  if (folder === undefined) return absolutePath(text)
  const path = absolutePath(text, folder)
  const before = absolutePath(text)
  const isRelative = !isAbsolute(text) && !text.startsWith('~')
  if (isRelative && !existsSync(path) && existsSync(before)) {
    throw new UnfitValue(
      `is relative to its settings file: ${path} does not exist, but ${before} in the working directory does`,
      `Write the absolute path, e.g. ${before}.`)
  }
  return path
}
