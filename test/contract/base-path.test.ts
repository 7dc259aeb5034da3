import t from 'tap'
import { ownSegments } from '../../src/config/public-url.ts'
import { buildApp } from '../helpers/app.ts'

t.test('a base path cannot begin with the first segment of a route', async t => {
  const segments = new Set<string>()
  await buildApp(t, {
    prepare: app => app.addHook('onRoute', ({ url }) => { segments.add(url.split('/')[1] ?? '') })
  })
  segments.delete('') // the home page
  segments.delete('*') // preflight requests
  t.ok(segments.size > 8, [...segments].join(' '))
  for (const segment of segments) t.ok(ownSegments.has(segment), segment)
})
