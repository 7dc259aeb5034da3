import fc from 'fast-check'
import t from 'tap'
import { compact, indent } from '../../src/json/layout.ts'
import { withoutPasswords } from '../../src/services/content/flow-secrets.ts'
import { buildApp } from '../helpers/app.ts'
import { aContent, aJsonText, type JsonText } from '../helpers/json-texts.ts'
import { holds } from '../helpers/properties.ts'

const json = { headers: { 'content-type': 'application/json' } }

const asFile = (content: string) => [
  `--b\r\nContent-Disposition: form-data; name="file"; filename="f.json"\r\n\r\n${content}\r\n--b--\r\n`,
  { headers: { 'content-type': 'multipart/form-data; boundary=b' } }
] as const

t.test('the content of a flow keeps every token, through every import and export', { timeout: 300_000 }, async t => {
  const { as, anonymous } = await buildApp(t)
  const ada = await as('ada')
  const { id } = (await ada.post('/flows/', { name: 'changed', access_type: 'PUBLIC' })).json()
  const whole = ({ tight }: JsonText) => `"data":${tight}}`
  await holds(t, 'changed and read', fc.asyncProperty(aContent, async content => {
    // If a name occurs more than once, the last member applies.
    const sent = ` {"data":{"nodes":1,"edges":2},"name":null, "d\\u0061ta" : ${content.spaced} }`
    const answers = [await ada.patch(`/flows/${id}`, sent, json), await ada.get(`/flows/${id}`)]
    if (!/"password"|"p\\u0061/.test(content.tight)) answers.push(await anonymous.get(`/flows/public_flow/${id}`))
    return answers.every(({ statusCode, body }) => statusCode === 200 && body.endsWith(whole(content)))
  }), 300)
  await ada.delete('/flows/', [id])
  await holds(t, 'made, listed and downloaded', fc.asyncProperty(aContent, aContent, async (one, two) => {
    const flow = ({ spaced }: JsonText) => `{ "name":"x","data":${spaced},"unknown":{"data":{}} }`
    const made = [
      await ada.post('/flows/', flow(one), json),
      await ada.post('/flows/batch/', `{"flows":0,"flows":[ ${flow(one)} , ${flow(two)}]}`, json),
      await ada.post('/flows/upload/', ...asFile(flow(one))),
      await ada.post('/flows/upload/', ...asFile(`\ufeff [${flow(two)},${flow(one)}]`)),
      await ada.post('/flows/upload/', ...asFile(`{"flows":[${flow(two)}, ${flow(one)}]}`))
    ]
    const wanted = [[one], [one, two], [one], [two, one], [two, one]]
    const ids: string[] = made.flatMap(answer => answer.json()).map(({ id }: { id: string }) => id)
    const [list, page] = [await ada.get('/flows/'), await ada.get('/flows/?get_all=false')]
    const file = await ada.post('/flows/download/', ids.slice(0, 1))
    await ada.delete('/flows/', ids)
    const count = (body: string, content: JsonText) => body.split(whole(content)).length - 1
    return made.every(({ statusCode, body }, n) =>
      statusCode === 201 && wanted[n]?.every(content => body.includes(whole(content)))) &&
      count(list.body, one) >= 5 && count(page.body, two) >= 3 && file.body.endsWith(whole(one))
  }), 100)
})

t.test('removing and adding white space changes no token', async t => {
  await holds(t, 'gone', fc.property(aJsonText, ({ spaced, tight }) =>
    compact(spaced) === tight && compact(tight) === tight))
  await holds(t, 'in lines', fc.property(aJsonText, ({ tight }) => compact(indent(tight)) === tight))
  await holds(t, 'in the lines that JSON.stringify writes', fc.property(fc.jsonValue(), value => {
    const text = JSON.stringify(value)
    return indent(text) === JSON.stringify(JSON.parse(text), null, 2)
  }))
})

const aName = fc.constantFrom('password', 'value', 'other')
const { tree: aTemplate } = fc.letrec(tie => ({
  tree: fc.oneof({ depthSize: 'medium' }, fc.constantFrom(true, false, 1, 'true', null), tie('list'), tie('object')),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  object: fc.dictionary(aName, tie('tree'), { maxKeys: 3 })
}))

t.test('only the values of password fields are removed', async t => {
  const isField = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && 'password' in value && value.password === true && 'value' in value
  await holds(t, 'any template', fc.property(aTemplate, template => {
    const text = JSON.stringify(template)
    const expected = JSON.parse(text, (_, value) => isField(value) ? { ...value, value: null } : value)
    return withoutPasswords(text) === JSON.stringify(expected)
  }), 5000)
  const cases: Array<[string, string]> = [
    ['{"p\\u0061ssword":true,"v\\u0061lue":"s"}', '{"p\\u0061ssword":true,"v\\u0061lue":null}'],
    ['{"value":"s","password":true,"value":["s"],"n":1.0}', '{"value":null,"password":true,"value":null,"n":1.0}'],
    ['{"password":true,"value":"s","password":false}', '{"password":true,"value":null,"password":false}'],
    ['[{"value":{"password":true,"value":1},"password":true}]', '[{"value":null,"password":true}]'],
    ['{"password":"true","value":"shown","a":["password",true,"value","shown"]}', ''],
    ['{"password":{"a":true},"value":-0}', '']
  ]
  for (const [text, expected] of cases) t.equal(withoutPasswords(text), expected || text, text)
  const many = `{"password":true${',"value":1'.repeat(300_000)}}`
  t.equal(withoutPasswords(many), many.replaceAll('1', 'null'))
})
