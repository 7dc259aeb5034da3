import { SecretUnreadable } from '../../crypto/secret-box.ts'
import { UnreadableSecret } from '../../errors.ts'

/** Why a stored secret cannot be read, for its owner. */
export function describeUnreadable ({ reason, keyId }: SecretUnreadable): string {
  switch (reason) {
    case 'unknown_key': return `unreadable: it was sealed with the key ${keyId}, which is not configured`
    case 'moved': return `unreadable: it belongs to another row or owner (key ${keyId})`
    case 'damaged': return `unreadable: the stored text is damaged (key ${keyId ?? 'unknown'})`
  }
}

/**
 * Decrypts a secret for its owner.
 * @param what names the secret in the failure
 * @throws UnreadableSecret naming the secret and the key
 */
export function openOrExplain (what: string, open: () => string): string {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof SecretUnreadable)) throw cause
    throw new UnreadableSecret(`The value of ${what} is ${describeUnreadable(cause)}`, { cause })
  }
}
