import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { exportPKCS8, type JWK } from 'jose'
import t, { type Test } from 'tap'
import { freePort } from '../../scripts/postgres.mjs'
import { createClient } from '../../src/client/index.ts'
import { ADMIN } from '../helpers/app.ts'
import { temporaryFolder } from '../helpers/cli.ts'
import { createSigningKey, startIssuer } from '../helpers/issuer.ts'
import { makeLangflow, needsLangflow } from '../helpers/langflow.ts'
import { startServer } from '../helpers/server.ts'
import { forgedTokens, signedTokens, type TokenCase } from '../helpers/token-cases.ts'

const script = fileURLToPath(new URL('verify.py', import.meta.url))
const AUDIENCE = 'langflow'

type Answer = { subject?: string, username?: string, access?: string, refused?: string }

/** Langflow's own code, which verifies one token after another. */
function startVerifier (t: Test, python: string, issuer: string) {
  const child = spawn(python, [script, `${issuer}/.well-known/jwks.json`, issuer, AUDIENCE, temporaryFolder(t)], {
    stdio: ['pipe', 'pipe', 'ignore']
  })
  t.teardown(() => child.kill())
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (token: string): Promise<Answer> => {
    child.stdin.write(`${token}\n`)
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('the verifier of Langflow ended')
      if (value.startsWith('{"')) return JSON.parse(value) // Langflow writes its log to the same stream
    }
  }
}

t.test('the external authentication of Langflow 1.13 accepts identity tokens and refuses all others', {
  timeout: 580_000, ...needsLangflow
}, async t => {
  const key = await createSigningKey('RS256')
  const attacker = await startIssuer(t, [await createSigningKey()])
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await startServer(t, {
    env: {
      LANGFLOW_PORT: String(port),
      LANGFLOW_PUBLIC_URL: url,
      LANGFLOW_IDENTITY_AUDIENCES: `${AUDIENCE},invoices`,
      LANGFLOW_ALGORITHM: 'RS256',
      LANGFLOW_PRIVATE_KEY: await exportPKCS8(key.privateKey)
    }
  })
  const client = createClient({ baseUrl: url, ...ADMIN })
  const right = (await client.exchangeToken({ audience: AUDIENCE })).accessToken
  const other = (await client.exchangeToken({ audience: 'invoices' })).accessToken
  const { keys } = await (await fetch(`${url}/.well-known/jwks.json`)).json() as { keys: JWK[] } // RFC 7517
  const cases: TokenCase[] = [
    { name: 'an identity token', token: right, isRight: true },
    { name: 'an identity token for another audience', token: other, isRight: false },
    ...await forgedTokens(right, keys, `${attacker.url}/.well-known/jwks.json`),
    ...await signedTokens({ issuer: url, audience: AUDIENCE, key })
  ]
  const verify = startVerifier(t, join(makeLangflow(), 'python'), url)
  t.match(await verify(right), { username: ADMIN.username, access: 'admin' })
  for (const { name, token, isRight } of cases) {
    const { refused } = await verify(token)
    t.equal(refused === undefined, isRight, `${name}: ${refused ?? 'accepted'}`)
  }
  t.equal(attacker.requests, 0, 'Langflow does not ask the address in a token for keys')
  t.comment(`${cases.length} tokens verified by Langflow 1.13`)
})
