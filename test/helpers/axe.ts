import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { id: string, nodes: Array<{ html: string, failureSummary: string }> }

/** Violations of WCAG 2.2 A and AA and of axe's best practices, one line each. Respects the page's policy. */
export async function findBreaches (page: Page): Promise<string[]> {
  await page.evaluate(source)
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })') as {
    violations: Violation[] // the format of axe
  }
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`))
}
