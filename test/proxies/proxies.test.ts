import t, { type Test } from 'tap'
import { startApp } from '../helpers/proxies/app.ts'
import { hosts, paths, smuggling } from '../helpers/proxies/attacks.ts'
import { decisions, messages } from '../helpers/proxies/cases.ts'
import { checkCase } from '../helpers/proxies/check.ts'
import { findProxy } from '../helpers/proxies/programs.ts'
import { http2Scenarios } from '../helpers/proxies/http2-scenarios.ts'
import { originOf, type Scenario, type Stage } from '../helpers/proxies/scenario.ts'
import { outage, scenarios } from '../helpers/proxies/scenarios.ts'
import { startScene } from '../helpers/proxies/scene.ts'
import { proxies, startProxy } from '../helpers/proxies/start.ts'
import { createTally } from '../helpers/proxies/tally.ts'

const scene = await startScene(t)
const app = await startApp(t)
const credentials = { token: scene.session.access_token, key: scene.key.api_key, bossToken: scene.boss.access_token }
const secrets = Object.values(credentials)
const tally = createTally()
const stages: Stage[] = []

const play = (t: Test, stage: Stage, { group, name, run }: Scenario) =>
  tally.check(t, stage.proxy.name, group, name, () => run(stage))

for (const name of Object.keys(proxies)) {
  const found = findProxy(name)
  const skip = 'reason' in found && !process.env['CI'] ? { skip: found.reason } : {}
  t.test(`${name} with its example: every request is decided by Flowgate`, skip, async subtest => {
    if ('reason' in found) throw new Error(found.reason)
    const proxy = await startProxy(t, name, found.program, { flowgate: scene.port, app: app.port })
    const stage = { proxy, scene, app, secrets }
    const origin = originOf(proxy.app)
    const cases = [
      ...decisions(credentials, origin), ...messages(credentials, origin), ...smuggling(credentials),
      ...paths(credentials), ...hosts(credentials)
    ]
    for (const one of cases) {
      await tally.check(subtest, name, one.group, one.name, () => checkCase(proxy, app, one, secrets))
    }
    for (const scenario of [...scenarios, ...http2Scenarios[proxy.http2]]) await play(subtest, stage, scenario)
    stages.push(stage)
  })
}

t.test('without an answer of Flowgate, every proxy refuses all requests', async t => {
  const together = (group: string) =>
    Promise.all(stages.flatMap(stage => outage(group).map(scenario => play(t, stage, scenario))))
  scene.server.child.kill('SIGSTOP')
  try {
    await together('slow')
  } finally {
    scene.server.child.kill('SIGCONT')
  }
  for (const { proxy } of stages) {
    await tally.check(t, proxy.name, 'slow', 'and then it responds', () => checkCase(proxy, app, {
      group: 'slow', name: '', send: { path: '/public/x' }, status: 200, reaches: true
    }, secrets))
  }
  await scene.server.stop('SIGKILL')
  await together('down')
})

t.test('the table', async t => {
  for (const line of tally.lines(stages.map(({ proxy }) => proxy.name))) t.comment(`measured: ${line}`)
})
