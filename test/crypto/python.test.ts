import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openFernet, sealFernet } from '../../src/crypto/fernet.ts'
import { createSecretBox } from '../../src/crypto/secret-box.ts'
import { generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'

const TEXTS = ['x', 'hello', 'sixteen bytes ab', 'ünïcode \u{1f511} \u0000 and\nlines', 'long '.repeat(2000)]

/** Does with Python's `cryptography` what it is asked, in JSON. */
const SCRIPT = `
import json, sys
from cryptography.fernet import Fernet
asked = json.load(sys.stdin)
fernet = Fernet(asked["key"])
json.dump({
    "opened": [fernet.decrypt(token.encode()).decode() for token in asked["tokens"]],
    "sealed": [fernet.encrypt(text.encode()).decode() for text in asked["texts"]],
}, sys.stdout)
`

/** A virtual environment of the test's own with `cryptography` in it; undefined where Python cannot make one. */
function makePython (folder: string): { python: string } | { reason: string } {
  const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' })
  if (made.status !== 0) return { reason: 'python3 -m venv failed: ' + (made.error?.message ?? made.stdout) }
  const python = join(folder, 'bin', 'python')
  const installed = spawnSync(
    python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'cryptography'], { encoding: 'utf8' })
  if (installed.status !== 0) return { reason: `pip install cryptography failed: ${installed.stderr}` }
  return { python }
}

t.test('Python\'s Fernet opens our tokens and we open its', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-python-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const made = makePython(folder)
  if ('reason' in made) {
    console.error(`interoperation with Python's cryptography was not tested. ${made.reason}`)
    t.fail(made.reason, process.env['CI'] ? {} : { skip: made.reason })
    return
  }
  const text = generateSecretKey()
  const key = parseSecretKey(text)
  const box = createSecretBox([key])
  const stored = box.encrypt('a stored secret', 'variables.ciphertext:row:owner')
  const answer: { opened: string[], sealed: string[] } = JSON.parse(execFileSync(made.python, ['-c', SCRIPT], {
    encoding: 'utf8',
    input: JSON.stringify({
      key: `${text}=`,
      tokens: [...TEXTS.map(text => sealFernet(key.fernetKey, text)), box.tokenOf(stored)],
      texts: TEXTS
    })
  }))
  t.strictSame(answer.opened, [...TEXTS, 'variables.ciphertext:row:owner\na stored secret'])
  t.strictSame(answer.sealed.map(token => openFernet(key.fernetKey, token)), TEXTS)
})
