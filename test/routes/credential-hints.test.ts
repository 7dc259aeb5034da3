import { connect } from 'node:net'
import t from 'tap'
import { generateApiKey } from '../../src/crypto/api-keys.ts'
import { buildApp } from '../helpers/app.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('a credential in the wrong place is refused with a hint, and never repeated', async t => {
  const { anonymous, as, logs } = await buildApp(t)
  const ada = await as('ada')
  const token = ada.tokens.access_token
  const key: string = (await ada.post('/api_key/', {})).json().api_key
  const unknown = generateApiKey()
  const rows: Array<[Record<string, string>, number, string, RegExp]> = [
    [{ authorization: `Bearer ${key}` }, 401, 'Invalid token', /API key.*`x-api-key`/],
    [{ authorization: `bearer "${unknown}"` }, 401, 'Invalid token', /API key.*`x-api-key`/],
    [{ authorization: `Bearer ${key}`, 'x-api-key': key }, 401, 'Invalid token', /API key.*`x-api-key`/],
    [{ authorization: `Bearer Bearer ${token}` }, 401, 'Invalid token', /twice/],
    [{ authorization: `Bearer bearer: ${token}` }, 401, 'Invalid token', /quotes or blanks/],
    [{ authorization: `Bearer "${token}"` }, 401, 'Invalid token', /quotes or blanks/],
    [{ authorization: 'Bearer undefined' }, 401, 'Invalid token', /placeholder/],
    [{ authorization: 'Bearer ${TOKEN}' }, 401, 'Invalid token', /placeholder/], // eslint-disable-line no-template-curly-in-string
    [{ authorization: key }, 403, 'No authentication credentials provided', /API key.*`x-api-key`/],
    [{ authorization: token }, 403, 'No authentication credentials provided', /scheme is missing/],
    [{ authorization: `Token ${token}` }, 403, 'No authentication credentials provided', /Bearer <token>/],
    [{ authorization: `ApiKey ${key}` }, 403, 'No authentication credentials provided', /API key/],
    [{ authorization: basic(`${key}:`) }, 403, 'No authentication credentials provided', /API key/],
    [{ authorization: basic(`user:${key}`) }, 403, 'No authentication credentials provided', /API key/],
    [{ authorization: basic('ada:secret') }, 403, 'No authentication credentials provided', /Basic.*not supported/],
    [{ 'x-api-key': token }, 403, 'Invalid API key', /access token.*Authorization: Bearer/],
    [{ 'x-api-key': `Bearer ${key}` }, 403, 'Invalid API key', /without `Bearer`/],
    [{ 'x-api-key': `Bearer ${token}` }, 403, 'Invalid API key', /access token/],
    [{ 'x-api-key': `"${key}"` }, 403, 'Invalid API key', /quotes or blanks/],
    [{ 'x-api-key': `'${key}'` }, 403, 'Invalid API key', /quotes or blanks/],
    [{ 'x-api-key': `${key}, ${unknown}` }, 403, 'Invalid API key', /several `x-api-key` headers/]
  ]
  for (const [headers, status, detail, hint] of rows) {
    const answer = await anonymous.get('/users/whoami', undefined, { headers })
    const name = JSON.stringify(headers).slice(0, 40)
    t.equal(answer.statusCode, status, name)
    t.match(answer.json(), { detail, hint }, name)
    for (const secret of [key, unknown, token, token.slice(-20)]) t.notOk(answer.body.includes(secret), name)
  }
  t.notOk([key, unknown, token].some(secret => logs.join('').includes(secret)))
  const plain = await anonymous.get('/users/whoami', undefined, { headers: { 'x-api-key': unknown } })
  t.notOk('hint' in plain.json(), 'no hint if the mistake is unknown')
  const junk = await anonymous.get('/users/whoami', undefined, { headers: { authorization: 'Bearer x' } })
  t.notOk('hint' in junk.json())
})

t.test('a header that is repeated with the same value counts once', async t => {
  const { app, as } = await buildApp(t, { env: { LANGFLOW_ALLOW_API_KEY_IN_QUERY: 'true' } })
  const ada = await as('ada')
  const key: string = (await ada.post('/api_key/', {})).json().api_key
  const other: string = (await ada.post('/api_key/', {})).json().api_key
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const status = (lines: string[], query = '') => new Promise<number>((resolve, reject) => {
    let text = ''
    const head = [`GET /api/v1/users/whoami${query} HTTP/1.1`, 'host: x', 'connection: close', ...lines, '', '']
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(head.join('\r\n')))
    socket.on('data', bytes => { text += bytes.toString() }).on('end', () => resolve(Number(text.slice(9, 12))))
      .on('error', reject)
  })
  t.equal(await status([`x-api-key: ${key}`, `X-Api-Key: ${key}`]), 200)
  t.equal(await status([`x-api-key: ${key}`, `x-api-key: ${key}`, `x-api-key:  ${key} `]), 200)
  t.equal(await status([`x-api-key: ${key}`, `x-api-key: ${other}`]), 403, 'two different valid ones')
  t.equal(await status([`x-api-key: ${key}`, 'x-api-key: sk-junk']), 403)
  const bearer = `authorization: Bearer ${ada.tokens.access_token}`
  t.equal(await status([bearer, bearer]), 200)
  t.equal(await status([], `?x-api-key=${key}&x-api-key=${key}`), 200)
  t.equal(await status([], `?x-api-key=${key}&x-api-key=${other}`), 403)
})
