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
  experimental: {
    // Chunks find each other below any base path. The server changes the addresses in the page.
    renderBuiltUrl: (_, { hostType }) => hostType === 'html' ? undefined : { relative: true }
  },
  plugins: [react(), themeVariables(), rootFiles(at('..')), precompress()],
  build: {
    outDir: at('../../../dist/console'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // Every supported browser has module preload.
    modulePreload: { polyfill: false },
    target: 'es2022',
    // The first versions with light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    reportCompressedSize: false,
    // test/console/files.test.ts checks the compressed size.
    chunkSizeWarningLimit: 1000
  }
})
