import t from 'tap'
import { ADMIN } from '../helpers/app.ts'
import { writeRules } from '../helpers/apps.ts'
import { findBreaches } from '../helpers/axe.ts'
import { needsChromium } from '../helpers/browser.ts'
import { openConsole } from '../helpers/console.ts'
import { APP_RULES, fillWithExamples, scenes, scenesEnv, show } from '../helpers/scenes.ts'

t.setTimeout(300_000)
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone': { colorScheme: 'light', viewport: { width: 390, height: 844 } }
} as const

for (const [look, options] of Object.entries(looks)) {
  t.test(`every page and dialog, ${look}, is accessible and fits the screen`, needsChromium, async t => {
    const env = scenesEnv(writeRules(t, APP_RULES))
    const { admin, anonymous, db, visitor, signedIn, trouble } = await openConsole(t, { env })
    await fillWithExamples(await admin(), anonymous, db)
    const visiting = await (await visitor(options)).tab('/login')
    const { page: member } = await signedIn(ADMIN.username, '/flows', options)
    for (const scene of scenes) {
      const page = scene.by === 'visitor' ? visiting : member
      await show(page, scene)
      t.strictSame(await findBreaches(page), [], scene.name)
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${scene.name} does not scroll sideways`)
    }
    t.strictSame(trouble, [], 'no violation of the policy, no request to another origin')
  })
}
