import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'
import { rootFiles } from './root-files.ts'
import { themeVariables } from './theme-variables.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('..'),
  base: '/',
  publicDir: false,
  plugins: [react(), themeVariables(), rootFiles(at('..')), precompress()],
  build: {
    outDir: at('../../../dist/console'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // Chunks import one another by themselves; the polyfill would be one more script.
    modulePreload: { polyfill: false },
    target: 'es2022',
    // The first versions that know light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    reportCompressedSize: false,
    // The budget is for what travels, and a test holds it.
    chunkSizeWarningLimit: 1000
  }
})
