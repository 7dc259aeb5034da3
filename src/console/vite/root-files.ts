import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Files with fixed names at the root of the build: the server sends them at fixed addresses. */
const names = ['favicon.ico', 'icon.svg']

/** Copies the icons without a hash in their names. @param folder where they are */
export const rootFiles = (folder: string): Plugin => ({
  name: 'root-files',
  generateBundle () {
    for (const fileName of names) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(join(folder, fileName)) })
    }
  }
})
