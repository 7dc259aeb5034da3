import { equal, throws } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { InvalidFernetToken, isIntactFernet, openFernet, sealFernet } from '../../src/crypto/fernet.ts'
import { createSecretBox, SecretUnreadable } from '../../src/crypto/secret-box.ts'
import { generateSecretKey, parseSecretKey, secretKeyProblem } from '../../src/crypto/secret-key.ts'
import { anyText, holds } from '../helpers/properties.ts'

const [key, other] = [parseSecretKey(generateSecretKey()), parseSecretKey(generateSecretKey())]
const box = createSecretBox([key])
const aSecret = fc.string({ unit: 'binary', maxLength: 200 })
const aContext = fc.uuid().map(id => `variables.sealed_value:${id}`)

const unreadable = (work: () => unknown) => throws(work, (error: unknown) => error instanceof SecretUnreadable)

/** A text with one byte of its base64 form changed. */
function flip (token: string, at: number, mask: number): string {
  const bytes = Buffer.from(token, 'base64url')
  bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
const aMask = fc.integer({ min: 1, max: 255 })

t.test('a secret is decrypted unchanged, in its own row only', async t => {
  await holds(t, 'sealed and opened', fc.property(aSecret, aContext, (secret, context) => {
    equal(box.decrypt(box.encrypt(secret, context), context), secret)
  }))
  await holds(t, 'moved to another row or owner', fc.property(aSecret, aContext, aContext, (secret, here, there) => {
    fc.pre(here !== there)
    unreadable(() => box.decrypt(box.encrypt(secret, here), there))
  }))
  await holds(t, 'said to be elsewhere', fc.property(aSecret, aContext, aContext, (secret, here, there) => {
    fc.pre(here !== there)
    unreadable(() => box.decrypt(box.encrypt(`${there}\n${secret}`, here), there))
  }))
  await holds(t, 'under another key, or in its name', fc.property(aSecret, aContext, (secret, context) => {
    const stored = box.encrypt(secret, context)
    unreadable(() => createSecretBox([other]).decrypt(stored, context))
    unreadable(() => createSecretBox([other]).decrypt(stored.replace(key.keyId, other.keyId), context))
  }))
  await holds(t, 'rotated', fc.property(aSecret, aContext, (secret, context) => {
    const moved = createSecretBox([other, key]).rotate(box.encrypt(secret, context), context)
    equal(createSecretBox([other]).decrypt(moved, context), secret)
  }))
})

t.test('a changed token cannot be decrypted', async t => {
  await holds(t, 'one byte flipped', fc.property(aSecret, aContext, fc.nat(), aMask, (secret, context, at, mask) => {
    const stored = box.encrypt(secret, context)
    const token = flip(box.tokenOf(stored), at, mask)
    const changed = `${stored.slice(0, 15)}${token}`
    equal(isIntactFernet(key.fernetKey, token), false)
    equal(box.problemOf(changed)?.reason, 'damaged')
    unreadable(() => box.decrypt(changed, context))
  }))
  await holds(t, 'one character changed', fc.property(
    aSecret, aContext, fc.nat(), fc.constantFrom(...'A9_-=:+/ \n'), (secret, context, at, character) => {
      const stored = box.encrypt(secret, context)
      const place = at % stored.length
      const changed = stored.slice(0, place) + character + stored.slice(place + 1)
      fc.pre(changed !== stored)
      unreadable(() => box.decrypt(changed, context))
    }))
  await holds(t, 'cut', fc.property(aSecret, aContext, fc.nat(), (secret, context, at) => {
    const stored = box.encrypt(secret, context)
    unreadable(() => box.decrypt(stored.slice(0, at % stored.length), context))
  }))
  await holds(t, 'never sealed at all', fc.property(anyText, aContext, (text, context) => {
    unreadable(() => box.decrypt(text, context))
    unreadable(() => box.decrypt(`fg1:${key.keyId}:${text}`, context))
    throws(() => openFernet(key.fernetKey, text), (error: unknown) => error instanceof InvalidFernetToken)
  }))
})

t.test('a Fernet token can be decrypted only before it expires', async t => {
  const moments = fc.integer({ min: 1e9, max: 4e9 })
  await holds(t, 'neither later nor from the future', fc.property(
    moments, fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }), (at, ttlSeconds, later) => {
      const token = sealFernet(key.fernetKey, 'x', { time: new Date(at * 1000) })
      const open = () => openFernet(key.fernetKey, token, { ttlSeconds, now: new Date((at + later) * 1000) })
      if (later <= ttlSeconds && later >= -60) equal(open(), 'x')
      else throws(open, (error: unknown) => error instanceof InvalidFernetToken)
    }))
})

t.test('any text is a secret key or is rejected with a reason that does not contain it', async t => {
  await holds(t, 'a key has an id that shows nothing of it', fc.property(anyText, text => {
    const problem = secretKeyProblem(text)
    if (problem !== undefined) return text.length < 6 || !problem.includes(text)
    const { keyId, fernetKey, jwtKey } = parseSecretKey(text)
    return /^[0-9a-f]{10}$/.test(keyId) && fernetKey.length === 32 && jwtKey.length === 32 && !fernetKey.equals(jwtKey)
  }))
})
