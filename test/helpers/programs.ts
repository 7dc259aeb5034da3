import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Where a program is installed.
 * @param folders to look into besides those of PATH
 */
export const findProgram = (name: string, folders: readonly string[] = []): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...folders]
    .map(folder => join(folder, name)).find(path => existsSync(path))
