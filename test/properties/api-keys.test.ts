import fc from 'fast-check'
import t from 'tap'
import {
  API_KEY_LENGTH, API_KEY_PATTERN, API_KEY_SHOWN_LENGTH, digestApiKey, generateApiKey, isApiKey, maskApiKey
} from '../../src/crypto/api-keys.ts'
import { anyText, holds } from '../helpers/properties.ts'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const aKey = fc.nat().map(() => generateApiKey())
const aPlace = fc.nat({ max: API_KEY_LENGTH - 1 })

t.test('a key has a checked format, and a mistyped one is rejected', async t => {
  const seen = new Set<string>()
  await holds(t, 'what is made is one, never twice', fc.property(aKey, key => {
    if (seen.has(key)) return false
    seen.add(key)
    return isApiKey(key) && API_KEY_PATTERN.test(key) && key.length === API_KEY_LENGTH
  }))
  await holds(t, 'one character changed', fc.property(aKey, aPlace, fc.constantFrom(...digits), (key, at, digit) => {
    const changed = key.slice(0, at) + digit + key.slice(at + 1)
    return changed === key || !isApiKey(changed)
  }))
  await holds(t, 'one character changed to anything', fc.property(
    aKey, aPlace, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (key, at, other) => {
      const changed = key.slice(0, at) + other + key.slice(at + 1)
      return changed === key || !isApiKey(changed)
    }))
  const behindPrefix = fc.integer({ min: 3, max: API_KEY_LENGTH - 2 })
  await holds(t, 'two neighbours in the wrong order', fc.property(aKey, behindPrefix, (key, at) => {
    const swapped = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2)
    return swapped === key || !isApiKey(swapped)
  }))
  await holds(t, 'cut, doubled, padded or in another case', fc.property(
    aKey, aPlace, fc.constantFrom(' ', '\n', '\0', '=', 'a'), (key, at, more) => [
      key.slice(0, at), key.slice(at + 1), key + key, key + more, more + key, key.toUpperCase()
    ].every(text => !isApiKey(text))))
  await holds(t, 'any text is a key or is not', fc.property(anyText, text => !isApiKey(text) && !isApiKey(`sk-${text}`)))
})

t.test('the stored parts of a key do not reveal it', async t => {
  await holds(t, 'neither digest nor mask has it', fc.property(aKey, key => {
    const [digest, mask] = [digestApiKey(key), maskApiKey(key)]
    return /^[0-9a-f]{64}$/.test(digest) && digestApiKey(key) === digest && mask.length === key.length &&
      /^\*+$/.test(mask.slice(API_KEY_SHOWN_LENGTH)) && key.startsWith(mask.slice(0, API_KEY_SHOWN_LENGTH))
  }))
})
