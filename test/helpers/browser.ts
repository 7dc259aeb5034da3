import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Options of tests that need Chromium. They are skipped with a message if it is not installed, except in CI. */
export const needsChromium = executablePath || process.env['CI']
  ? {}
  : { skip: 'no Chromium: install it (Debian: apt-get install chromium)' }

/** A browser, closed after the test. Background requests are disabled. */
export async function openBrowser (t: Test, args: string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args]
  })
  t.teardown(() => browser.close())
  return browser
}
