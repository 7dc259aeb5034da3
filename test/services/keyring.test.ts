import t, { type Test } from 'tap'
import { DOCUMENTATION_SAMPLE_KEY, generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'
import { createSecretBox } from '../../src/crypto/secret-box.ts'
import { loadConfig } from '../../src/config.ts'
import type { Database } from '../../src/db.ts'
import { composeSecrets } from '../../src/composition.ts'
import { buildApp } from '../helpers/app.ts'
import { openLasting } from '../helpers/database.ts'

const [OLD, NEW, FOREIGN] = [generateSecretKey(), generateSecretKey(), generateSecretKey()]
const idOf = (key: string) => parseSecretKey(key).keyId

/** Starts the app with these keys, the current one first. */
const boot = (t: Test, database: Database, current: string, ...previous: string[]) => buildApp(t, {
  database,
  env: {
    LANGFLOW_SECRET_KEY: current,
    LANGFLOW_SECRET_KEY_PREVIOUS: previous.join(','),
    LANGFLOW_ENABLE_SECRET_READ: 'true'
  }
})

const toolsOf = (database: Database, ...keys: string[]) => {
  const [first = '', ...rest] = keys
  const box = createSecretBox([parseSecretKey(first), ...rest.map(parseSecretKey)])
  return composeSecrets({
    config: loadConfig([]),
    database,
    clock: () => new Date(),
    box,
    writeEvent: () => {},
    onError: cause => { throw cause }
  })
}

/** Stores a Credential and closes the app. @returns a function that reads it with a later app */
async function store (t: Test, database: Database, keys: [string, ...string[]], name = 'A') {
  const { app, as } = await boot(t, database, ...keys)
  const { id } = (await (await as('ada')).post('/variables/', { name, value: `value of ${name}`, default_fields: null })).json()
  await app.close()
  return async (...keys: [string, ...string[]]) => {
    const later = await boot(t, database, ...keys)
    const response = await (await later.as('ada')).get(`/variables/${id}/value`)
    await later.app.close()
    return response.json().value
  }
}

t.test('keys of 42, 43 and 44 characters and a pass phrase of 33 work across a restart', async t => {
  const keys = [DOCUMENTATION_SAMPLE_KEY, generateSecretKey(), `${generateSecretKey()}=`, 'thirty-three characters of phrase']
  t.strictSame(keys.map(({ length }) => length), [42, 43, 44, 33])
  for (const key of keys) {
    const database = await openLasting(t)
    const read = await store(t, database, [key])
    t.equal(await read(key), 'value of A', `${key.length} characters`)
  }
})

t.test('a key of 31 characters is rejected with the remedy, and is not printed', async t => {
  const key = 'only thirty-one characters here'
  t.equal(key.length, 31)
  t.throws(() => loadConfig([{ label: 'test', values: { LANGFLOW_SECRET_KEY: key } }]), {
    message: /LANGFLOW_SECRET_KEY: is shorter than 32 characters\n.*npx flowgate secret-key/
  })
  try {
    loadConfig([{ label: 'test', values: { LANGFLOW_SECRET_KEY: key } }])
  } catch (error) {
    t.notMatch(String(error), key)
  }
})

t.test('a server with a wrong key does not start and names the setting, both keys and the remedies', async t => {
  const database = await openLasting(t)
  await store(t, database, [OLD])
  await t.rejects(boot(t, database, FOREIGN), {
    message: new RegExp(`LANGFLOW_SECRET_KEY: .*${idOf(OLD)}.*${idOf(FOREIGN)}[^]*LANGFLOW_SECRET_KEY_PREVIOUS[^]*secret_key`)
  })
})

t.test('at each step of a key rotation, only servers with the required keys start', async t => {
  const database = await openLasting(t)
  const read = await store(t, database, [OLD])

  await t.rejects(boot(t, database, NEW), { message: /is encrypted with key/ }, 'only the new key, too early')
  t.equal(await read(NEW, OLD), 'value of A', 'the new key with the old one')
  await t.rejects(boot(t, database, NEW), {
    message: new RegExp(`LANGFLOW_SECRET_KEY_PREVIOUS: 1 stored secret can only be .*${idOf(OLD)}.*${idOf(NEW)}[^]*secrets rotate`)
  }, 'only the new key while a row needs the old one: rejected with the count')
  t.equal(await read(OLD), 'value of A', 'an old replica restarts while nothing needs the new key')

  const told = await boot(t, database, NEW, OLD)
  t.match(told.logs.join(), `stored secrets need the older key ${idOf(OLD)} (1)`)
  await told.app.close()

  const readB = await store(t, database, [NEW, OLD], 'B')
  await t.rejects(boot(t, database, OLD), { message: new RegExp(`1 stored secret .*${idOf(NEW)}`) },
    'the old one alone, when a row needs the new one')

  const { rotation } = toolsOf(database, NEW, OLD)
  t.match(await rotation.rotate(), { rotated: 1, failed: [], remaining: 0, retired: [idOf(OLD)] })
  t.match(await rotation.status(), {
    keys: [
      { keyId: idOf(NEW), role: 'current', rows: 2, retiredAt: undefined },
      { keyId: idOf(OLD), role: 'previous', rows: 0, retiredAt: Date }
    ],
    columns: [{ column: 'variables.sealed_value', keyId: idOf(NEW), rows: 2 }]
  })
  t.match(await rotation.rotate(), { rotated: 0, remaining: 0, retired: [] }, 'repeating it changes nothing')
  const free = await boot(t, database, NEW, OLD)
  t.match(free.logs.join(), `no stored secret needs the older key ${idOf(OLD)}`)
  await free.app.close()
  t.equal(await read(NEW), 'value of A', 'only the new key')
  t.equal(await readB(NEW), 'value of B')
  await t.rejects(boot(t, database, OLD), { message: new RegExp(`${idOf(OLD)} is retired: .*${idOf(NEW)}`) })
  t.equal(await read(OLD, NEW), 'value of A', 'and back')
})

t.test('a secret written with the old key by a late replica is counted, requested and rotated', async t => {
  const database = await openLasting(t)
  const read = await store(t, database, [OLD])
  const late = await boot(t, database, OLD)
  const ada = await late.as('ada')
  const { app } = await boot(t, database, NEW, OLD)
  await app.close()
  const { rotation } = toolsOf(database, NEW, OLD)
  t.match(await rotation.rotate(), { rotated: 1, retired: [idOf(OLD)] })
  await ada.post('/variables/', { name: 'LATE', value: 'late', default_fields: null })
  await late.app.close()

  t.match((await toolsOf(database, NEW).rotation.status()).keys, [
    { role: 'current', rows: 1 }, { keyId: idOf(OLD), role: 'not given', rows: 1 }])
  await t.rejects(boot(t, database, NEW), { message: /1 stored secret can only be decrypted/ })
  t.match(await rotation.rotate(), { rotated: 1, remaining: 0 })
  t.equal(await read(NEW), 'value of A')
})

t.test('rotation skips and reports damaged secrets and keeps the key that they need', async t => {
  const database = await openLasting(t)
  await store(t, database, [OLD])
  const row = await database.client.variable.findFirstOrThrow()
  const sealedValue = row.sealedValue?.replace(/.{4}$/, 'AAA=') ?? ''
  await database.client.variable.update({ where: { id: row.id }, data: { sealedValue } })
  await boot(t, database, NEW, OLD)
  const { rotation } = toolsOf(database, NEW, OLD)
  t.match(await rotation.rotate(), {
    rotated: 0, remaining: 1, retired: [], failed: [{ column: 'variables.sealed_value', id: row.id, reason: 'damaged' }]
  })
  t.match((await database.client.variable.findFirstOrThrow()).sealedValue, sealedValue, 'unchanged')
})

t.test('a key cannot be forgotten while a secret needs it, unless the secret is abandoned', async t => {
  const database = await openLasting(t)
  await store(t, database, [OLD])
  const { keyring } = toolsOf(database, NEW)
  await t.rejects(keyring.forget(idOf(OLD), { isLost: false }), { message: /1 stored secret can only be decrypted/ })
  await t.rejects(keyring.forget(idOf(NEW), { isLost: true }), { message: /is the current key/ })
  await t.rejects(keyring.forget('0123456789', { isLost: true }), { message: /is not a registered key of this database/ })
  t.equal(await keyring.forget(idOf(OLD), { isLost: true }), 1)
  const { as } = await boot(t, database, NEW)
  t.match((await (await as('ada')).get('/variables/')).json(), [{ name: 'A', is_valid: false, has_value: false }])
})
