import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { parseSecretKey } from '../../src/crypto/secret-key.ts'

// A second implementation of the Fernet specification with node:crypto, which checks what the service stores.

/** A stored secret in the format of the service. */
export function sealStored (secretKey: string, context: string, value: string): string {
  const { keyId, fernetKey } = parseSecretKey(secretKey)
  const iv = randomBytes(16)
  const head = Buffer.alloc(9)
  head.writeUInt8(0x80)
  head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1)
  const cipher = createCipheriv('aes-128-cbc', fernetKey.subarray(16), iv)
  const body = Buffer.concat([head, iv, cipher.update(`${context}\n${value}`), cipher.final()])
  const token = Buffer.concat([body, createHmac('sha256', fernetKey.subarray(0, 16)).update(body).digest()])
  return `fg1:${keyId}:${token.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`
}

/** The content of a stored secret, including its context. */
export function openStored (secretKey: string, stored: string): string {
  const { keyId, fernetKey } = parseSecretKey(secretKey)
  const [, storedId, token = ''] = stored.split(':')
  if (storedId !== keyId) throw new Error(`sealed with ${storedId}, not ${keyId}`)
  const bytes = Buffer.from(token, 'base64url')
  const [body, hmac] = [bytes.subarray(0, -32), bytes.subarray(-32)]
  if (!createHmac('sha256', fernetKey.subarray(0, 16)).update(body).digest().equals(hmac)) throw new Error('damaged')
  const decipher = createDecipheriv('aes-128-cbc', fernetKey.subarray(16), body.subarray(9, 25))
  return Buffer.concat([decipher.update(body.subarray(25)), decipher.final()]).toString()
}
