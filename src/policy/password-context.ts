/** Names of the product and of the API it implements, which attackers try first. */
const PRODUCTS = ['langflow', 'flowgate']
/** Shorter words occur in too many passwords. */
const WORD_MIN = 4
const USERNAME_MIN = 3
/** Minimum number of letters in addition to such words. */
const OWN_LETTERS_MIN = 4

/** Generic parts of host names. */
const generic = new Set(['localhost', 'localdomain', 'local', 'internal'])

/**
 * Words that passwords of this server must not consist of (NIST SP 800-63B-4, 3.1.1.2: context-specific words).
 * @param hosts host names of the server; addresses and top-level domains are ignored
 */
export function contextWords (hosts: readonly string[]): string[] {
  const labels = hosts.filter(host => /[a-z]/i.test(host) && !host.includes(':'))
    .flatMap(host => host.toLowerCase().split('.').slice(0, host.includes('.') ? -1 : undefined))
  return [...new Set([...PRODUCTS, ...labels.filter(label => label.length >= WORD_MIN && !generic.has(label))])]
}

/** Whether a password consists almost entirely of the username, such words, digits and punctuation. */
export function isMadeOf (password: string, username: string, words: readonly string[]): boolean {
  const fold = (text: string) => text.normalize('NFKC').toLowerCase()
  const name = fold(username)
  const all = [...words, ...([...name].length < USERNAME_MIN ? [] : [name])].sort((a, b) => b.length - a.length)
  const whole = fold(password)
  const rest = all.reduce((text, word) => text.replaceAll(word, ' '), whole)
  return rest !== whole && [...rest.replace(/[\p{N}\p{P}\p{S}\s]/gu, '')].length < OWN_LETTERS_MIN
}
