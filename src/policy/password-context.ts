/** Names of the product and of what it implements: the first that an attacker tries. */
const PRODUCTS = ['langflow', 'flowgate']
/** Shorter words are found in too many passwords. */
const WORD_MIN = 4
const USERNAME_MIN = 3
/** Letters that a password must have besides such words. */
const OWN_LETTERS_MIN = 4

/** Parts of host names that say nothing about a server. */
const generic = new Set(['localhost', 'localdomain', 'local', 'internal'])

/**
 * Words that passwords of this server must not be made of (NIST SP 800-63B-4, 3.1.1.2: context-specific words).
 * @param hosts names under which the server is known; addresses and top-level domains are passed over
 */
export function contextWords (hosts: readonly string[]): string[] {
  const labels = hosts.filter(host => /[a-z]/i.test(host) && !host.includes(':'))
    .flatMap(host => host.toLowerCase().split('.').slice(0, host.includes('.') ? -1 : undefined))
  return [...new Set([...PRODUCTS, ...labels.filter(label => label.length >= WORD_MIN && !generic.has(label))])]
}

/** Whether hardly anything is left of a password without the username, such words, digits, and punctuation. */
export function isMadeOf (password: string, username: string, words: readonly string[]): boolean {
  const fold = (text: string) => text.normalize('NFKC').toLowerCase()
  const name = fold(username)
  const all = [...words, ...([...name].length < USERNAME_MIN ? [] : [name])].sort((a, b) => b.length - a.length)
  const whole = fold(password)
  const rest = all.reduce((text, word) => text.replaceAll(word, ' '), whole)
  return rest !== whole && [...rest.replace(/[\p{N}\p{P}\p{S}\s]/gu, '')].length < OWN_LETTERS_MIN
}
