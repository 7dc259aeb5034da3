import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** What a test that needs Chromium passes as its options: skipped, loudly, where there is none, but never in CI. */
export const needsChromium = executablePath || process.env['CI']
  ? {}
  : { skip: 'no Chromium: install it (Debian: apt-get install chromium)' }

/** A real browser, closed with the test; it asks nobody but the servers under test. */
export async function openBrowser (t: Test, args: string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...args]
  })
  t.teardown(() => browser.close())
  return browser
}
