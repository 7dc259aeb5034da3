import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { UnfitValue } from './parse.ts'

const ABSOLUTE = 'Write the absolute path.'

/** The folder of the account that runs the process. It is unknown without HOME and without an entry in passwd. */
function home (): string {
  let folder = ''
  try {
    folder = homedir()
  } catch { /* said below */ }
  if (folder === '') throw new UnfitValue('begins with ~, and the home folder of this process is unknown', ABSOLUTE)
  return folder
}

/**
 * The absolute path that a setting names. A leading `~` is the home folder; nothing else is expanded.
 * @throws UnfitValue for a path that only a shell could resolve
 */
export function absolutePath (text: string): string {
  if (/^~[^/\\]/.test(text)) throw new UnfitValue('begins with the home folder of another account', ABSOLUTE)
  if (/\$\{?\w/.test(text)) {
    throw new UnfitValue('has a $ before a name, and variables in paths are not expanded', ABSOLUTE)
  }
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) throw new UnfitValue('is a URL, not a path', ABSOLUTE)
  return text.startsWith('~') ? join(home(), text.slice(1)) : resolve(text)
}
