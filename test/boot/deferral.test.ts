import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import { deferralPlugin } from '../../src/plugins/platform/deferral.ts'

t.test('deferred work is done once: when it is asked for, or soon after the service listens', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(deferralPlugin)
  const done: string[] = []
  const work = (name: string) => app.defer(() => { done.push(name); return name.toUpperCase() })
  const [asked, waiting] = [work('asked'), work('waiting'), work('another')]
  t.strictSame([asked(), asked(), done], ['ASKED', 'ASKED', ['asked']])
  await app.ready()
  await sleep(20)
  t.strictSame(done, ['asked'], 'boot does not wait for it')
  await app.listen({ host: '127.0.0.1', port: 0 })
  while (done.length < 3) await sleep(5)
  t.equal(waiting(), 'WAITING')
  t.strictSame(done, ['asked', 'waiting', 'another'])
})
