import fc from 'fast-check'
import t from 'tap'
import { createSecretBox, SECRET_BYTES_MAX, STORED_PREFIX_LENGTH, storedPrefix } from '../../src/crypto/secret-box.ts'
import { generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'

const [oldKey, newKey, foreignKey] = [generateSecretKey(), generateSecretKey(), generateSecretKey()].map(parseSecretKey)
const oldBox = createSecretBox([oldKey])
const box = createSecretBox([newKey, oldKey])
const context = 'variables.ciphertext:row:owner'

t.test('the first key encrypts, all keys decrypt, and the stored form contains the key ID', async t => {
  const before = oldBox.encrypt('hello', context)
  const after = box.encrypt('hello', context)
  t.equal(box.keyIdOf(before), oldKey.keyId)
  t.equal(box.keyIdOf(after), newKey.keyId)
  t.equal(after.slice(0, STORED_PREFIX_LENGTH), storedPrefix(newKey.keyId))
  t.equal(box.decrypt(before, context), 'hello')
  t.equal(box.decrypt(after, context), 'hello')
  t.strictSame(box.keyIds, [newKey.keyId, oldKey.keyId])
  t.throws(() => oldBox.decrypt(after, context), { message: /unknown_key/ })
  t.match(oldBox.problemOf(after), { reason: 'unknown_key', keyId: newKey.keyId })
})

t.test('rotation keeps the secret and changes the key', async t => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), text => {
    const rotated = box.rotate(oldBox.encrypt(text, context), context)
    t.equal(box.keyIdOf(rotated), newKey.keyId)
    t.equal(createSecretBox([newKey]).decrypt(rotated, context), text)
  }), { numRuns: 50 })
})

t.test('a secret can be decrypted in its own row only', async t => {
  fc.assert(fc.property(fc.string({ maxLength: 30 }), text => {
    const stored = box.encrypt(`${context}\n${text}`, context)
    t.equal(box.decrypt(stored, context), `${context}\n${text}`)
    for (const other of [`${context}r`, context.slice(1), '', 'variables.ciphertext:row:another']) {
      t.throws(() => box.decrypt(stored, other), { message: /moved/ })
    }
  }), { numRuns: 30 })
  t.throws(() => box.encrypt('hello', 'two\nlines'), { name: 'TypeError' })
})

t.test('a damaged character is an error that contains the key ID and no part of the secret', async t => {
  const secret = 'very-secret-text'
  const stored = box.encrypt(secret, context)
  t.equal(box.problemOf(stored), undefined)
  for (let index = 0; index < stored.length; index++) {
    const changed = stored.slice(0, index) + (stored[index] === 'a' ? 'b' : 'a') + stored.slice(index + 1)
    t.ok(box.problemOf(changed), `character ${index}`)
    t.throws(() => box.decrypt(changed, context), { message: /damaged|unknown_key/ })
  }
  t.throws(() => box.decrypt(stored.slice(0, -5) + 'AAAA=', context), { message: new RegExp(newKey.keyId) })
  for (const text of ['', 'gAAAAA', 'fg1:', `fg1:${newKey.keyId}:`, `fg2${stored.slice(3)}`, `${stored}\n`]) {
    t.match(box.problemOf(text), { reason: 'damaged' }, JSON.stringify(text.slice(0, 20)))
    t.equal(box.keyIdOf(text), undefined)
  }
})

t.test('a secret has a maximum length and must be Unicode', async t => {
  t.equal(box.decrypt(box.encrypt('é'.repeat(SECRET_BYTES_MAX / 2), context), context).length, SECRET_BYTES_MAX / 2)
  t.throws(() => box.encrypt('é'.repeat(SECRET_BYTES_MAX / 2 + 1), context), { name: 'RangeError' })
  t.throws(() => box.encrypt('\ud800', context), { name: 'RangeError' })
  t.equal(box.decrypt(box.encrypt('', context), context), '')
})

t.test('a duplicate key of the box counts once', async t => {
  t.strictSame(createSecretBox([newKey, newKey]).keyIds, [newKey.keyId])
})

t.test('a box cannot decrypt with a key that it does not have', async t => {
  const stored = createSecretBox([foreignKey]).encrypt('hello', context)
  t.match(box.problemOf(stored), { reason: 'unknown_key', keyId: foreignKey.keyId })
  const relabelled = stored.replace(foreignKey.keyId, newKey.keyId)
  t.match(box.problemOf(relabelled), { reason: 'damaged', keyId: newKey.keyId })
})
