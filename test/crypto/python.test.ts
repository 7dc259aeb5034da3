import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { openFernet, sealFernet } from '../../src/crypto/fernet.ts'
import { createSecretBox } from '../../src/crypto/secret-box.ts'
import { generateSecretKey, parseSecretKey } from '../../src/crypto/secret-key.ts'
import { makePython } from '../helpers/python.ts'

const TEXTS = ['x', 'hello', 'sixteen bytes ab', 'ünïcode \u{1f511} \u0000 and\nlines', 'long '.repeat(2000)]

/** Runs commands in JSON with Python's `cryptography`. */
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

t.test('Python\'s Fernet decrypts our tokens, and we decrypt its tokens', async t => {
  const made = makePython('cryptography')
  if ('reason' in made) {
    console.error(`interoperation with Python's cryptography was not tested. ${made.reason}`)
    t.fail(made.reason, process.env['CI'] ? {} : { skip: made.reason })
    return
  }
  const text = generateSecretKey()
  const key = parseSecretKey(text)
  const box = createSecretBox([key])
  const stored = box.encrypt('a stored secret', 'variables.ciphertext:row:owner')
  const python = join(made.bin, 'python')
  const answer: { opened: string[], sealed: string[] } = JSON.parse(execFileSync(python, ['-c', SCRIPT], {
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
