import fc from 'fast-check'
import t, { type Test } from 'tap'
import { migrate } from '../../src/migrate.ts'
import { buildApp, type Client } from '../helpers/app.ts'
import { openPostgres, postgresUrl } from '../helpers/database.ts'
import { anyText, holds } from '../helpers/properties.ts'

type Answer = { statusCode: number, json: () => Record<string, unknown> }

const RUNS = 120

/** Date-times as clients write them: any year, day, time and offset, mostly at the limits of the calendar. */
const aMoment = fc.record({
  year: fc.oneof(fc.constantFrom(0, 1, 2, 1969, 1970, 2037, 2038, 9998, 9999), fc.integer({ min: 0, max: 9999 })),
  rest: fc.constantFrom('-01-01T00:00:00', '-12-31T23:59:59', '-12-31T23:59:59.999', '-02-28T12:00:00.5',
    '-06-30T23:59:60'),
  offset: fc.constantFrom('Z', '', '+00:00', '-00:00', '+01:00', '-01:00', '+14:00', '-12:00',
    '+05:30', '-03:30', '+23:59')
}).map(({ year, rest, offset }) => `${String(year).padStart(4, '0')}${rest}${offset}`)

const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
const isRefused = ({ statusCode }: Answer) => statusCode === 422

async function onEachEngine (t: Test, test: (t: Test, ada: Client & { user: { id: string } }) => Promise<unknown>) {
  await t.test('embedded', async t => {
    const { as } = await buildApp(t)
    await test(t, await as('ada'))
  })
  await t.test('on a server', { skip: !postgresUrl }, async t => {
    const { database } = await openPostgres()
    await migrate(database)
    const { as } = await buildApp(t, { database })
    await test(t, await as('ada'))
  })
}

t.test('both engines return everything that an account stores unchanged', { timeout: 300_000 }, async t => {
  await onEachEngine(t, async (t, ada) => {
    const { id: keyId } = (await ada.post('/api_key/', {})).json()
    const keyIn = async (id: unknown) => ((await ada.get('/api_key/')).json() as { api_keys: Array<{ id: string }> })
      .api_keys.find(each => each.id === id)

    await holds(t, 'a moment', fc.asyncProperty(aMoment, async text => {
      const changed = await ada.patch(`/api_key/${keyId}`, { expires_at: text })
      const list = await ada.get('/api_key/')
      if (list.statusCode !== 200) return false
      if (isRefused(changed)) return true
      const expected = new Date(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`)
      const stored = list.json().api_keys.find((each: { id: string }) => each.id === keyId).expires_at
      return changed.statusCode === 200 && changed.json().expires_at === stored &&
        (Number.isNaN(expected.getTime()) || stored === expected.toISOString())
    }), RUNS)

    await holds(t, 'a new key', fc.asyncProperty(aMoment, anyText, async (text, name) => {
      const made: Answer = await ada.post('/api_key/', { name, expires_at: text })
      if (isRefused(made)) return true
      const stored = await keyIn(made.json()['id'])
      await ada.delete(`/api_key/${String(made.json()['id'])}`)
      return made.statusCode === 200 && made.json()['name'] === name && JSON.stringify(stored) ===
        JSON.stringify({ ...stored, name, expires_at: made.json()['expires_at'] })
    }), RUNS)

    await holds(t, 'texts and flags of an account', fc.asyncProperty(
      anyText, fc.dictionary(fc.stringMatching(/^[\w.-]{1,20}$/), fc.boolean(), { maxKeys: 5 }), async (picture, optins) => {
        const changed: Answer = await ada.patch(`/users/${ada.user.id}`, { profile_image: picture, optins })
        if (isRefused(changed)) return true
        const { profile_image: stored, optins: flags } = (await ada.get('/users/whoami')).json()
        const isSame = Object.entries(optins).every(([name, value]) => flags[name] === value)
        return changed.statusCode === 200 && stored === picture && isSame
      }), RUNS)

    await holds(t, 'a variable', fc.asyncProperty(anyText, anyText, fc.array(anyText, { maxLength: 3 }),
      async (name, value, fields) => {
        const made: Answer = await ada.post('/variables/', { name, value, type: 'Generic', default_fields: fields })
        if (made.statusCode === 400 || isRefused(made)) return true
        const list = (await ada.get('/variables/')).json() as Array<Record<string, unknown>>
        const stored = list.find(({ id }) => id === made.json()['id'])
        await ada.delete(`/variables/${String(made.json()['id'])}`)
        const isHidden = name.startsWith('__') && name.endsWith('__')
        return made.statusCode === 201 && (isHidden || (stored?.['name'] === name && stored['value'] === value &&
          isEqual(stored['default_fields'], fields)))
      }), RUNS)

    const someTexts = fc.array(anyText, { maxLength: 3 })
    await holds(t, 'texts of a flow and a project', fc.asyncProperty(anyText, anyText, someTexts,
      async (name, description, tags) => {
        const flow: Answer = await ada.post('/flows/', { name, description, tags, data: { text: description } })
        const project: Answer = await ada.post('/projects/', { name: `p${name}`, description })
        const fits = async (made: Answer, path: string, expected: object) => {
          if (isRefused(made)) return true
          const stored = (await ada.get(`${path}${String(made.json()['id'])}`)).json()
          await ada.delete(`${path}${String(made.json()['id'])}`)
          return made.statusCode === 201 &&
            Object.entries(expected).every(([member, value]) => isEqual(stored[member], value))
        }
        return await fits(flow, '/flows/', { description, tags, data: { text: description } }) &&
          await fits(project, '/projects/', { description })
      }), RUNS)
  })
})
