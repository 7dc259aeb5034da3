// Takes screenshots of all pages and dialogs, light, dark and on a phone: npm run screenshots [-- NAME…]
// Writes them to screenshots/, and those of the README to docs/images/.
import { mkdirSync } from 'node:fs'
import t from 'tap'
import { ADMIN } from '../test/helpers/app.ts'
import { writeRules } from '../test/helpers/apps.ts'
import { openConsole } from '../test/helpers/console.ts'
import { APP_RULES, fillWithExamples, scenes, scenesEnv, show } from '../test/helpers/scenes.ts'

const inReadme = ['admin', 'flows', 'api-keys-created']
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } }
} as const

t.setTimeout(0)
const only = process.argv.slice(2)
const folder = new URL('../screenshots/', import.meta.url).pathname
const images = new URL('../docs/images/', import.meta.url).pathname
for (const path of [folder, images]) mkdirSync(path, { recursive: true })

const { admin, anonymous, db, visitor, signedIn } = await openConsole(t, {
  env: scenesEnv(writeRules(t, APP_RULES))
})
await fillWithExamples(await admin(), anonymous, db)
for (const [look, options] of Object.entries(looks)) {
  const visiting = await (await visitor(options)).tab('/login')
  const { page: member } = await signedIn(ADMIN.username, '/flows', options)
  for (const scene of scenes) {
    if (only.length > 0 && !only.includes(scene.name)) continue
    const page = scene.by === 'visitor' ? visiting : member
    await show(page, scene)
    await page.screenshot({ path: `${folder}${scene.name}-${look}.png` })
    const isShown = look === 'light' && inReadme.includes(scene.name)
    const clip = { x: 0, y: 0, width: 1280, height: 640 }
    if (isShown) await page.screenshot({ path: `${images}${scene.name}.png`, clip })
  }
}
t.end()
