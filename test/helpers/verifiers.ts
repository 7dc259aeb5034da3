import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Test } from 'tap'
import { createVerifier } from '../../src/verify/index.ts'
import { temporaryFolder } from './cli.ts'
import { findProgram } from './programs.ts'
import { makePython } from './python.ts'
import type { TokenCase } from './token-cases.ts'

const examples = fileURLToPath(new URL('../../docs/examples', import.meta.url))

export type Scene = { issuer: string, audience: string }
/** Verifies a token. @returns the subject, or undefined if the token is refused */
export type Check = (token: string) => Promise<string | undefined>

const orNone = (subject: Promise<string | undefined>) => subject.catch(() => undefined)

export function checkWithFlowgate ({ issuer, audience }: Scene): Check {
  const verifier = createVerifier({ issuer, audience })
  return token => orNone(verifier.verify(token).then(({ accountId }) => accountId))
}

export function checkWithJose ({ issuer, audience }: Scene): Check {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
  return token => orNone(jwtVerify(token, keys, {
    issuer, audience, algorithms: ['RS256', 'ES256', 'EdDSA'], requiredClaims: ['exp']
  }).then(({ payload }) => payload.sub))
}

type Command = { command: string, args: string[] }

/** Runs an example of the documentation, which prints the identity or exits with 1. */
export const checkWithExample = ({ command, args }: Command, { issuer, audience }: Scene): Check =>
  async token => {
    const child = spawn(command, args, {
      env: { ...process.env, NODE_OPTIONS: '', FLOWGATE_ISSUER: issuer, FLOWGATE_AUDIENCE: audience }, timeout: 30_000
    })
    child.stdin.on('error', () => {}) // the program may end without reading
    child.stdin.end(token)
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (status === 0) return JSON.parse(stdout).accountId
    if (status !== 1 || stdout !== '' || !/^refused: /m.test(stderr)) {
      throw new Error(`the example ended with ${status}: ${stdout}${stderr}`)
    }
    return undefined
  }

/** Checks all tokens of a table. */
export async function checkAll (t: Test, check: Check, table: TokenCase[]) {
  t.ok(table.some(({ isRight }) => isRight), 'right tokens are in the table')
  for (const { name, token, isRight } of table) t.equal(await check(token) !== undefined, isRight, name)
}

/** Why an example cannot run. An optional one is skipped on CI, too. */
type Missing = { reason: string, isOptional?: boolean }

/** Checks all tokens with an example. Without the tools of its language, the test is skipped, or fails on CI. */
export async function checkAllWithExample (t: Test, example: Command | Missing, scene: Scene, table: TokenCase[]) {
  if ('reason' in example) {
    const isSkipped = example.isOptional || !process.env['CI']
    return t.fail(example.reason, isSkipped ? { skip: example.reason } : {})
  }
  return checkAll(t, checkWithExample(example, scene), table)
}

export const nodeExample: Command = { command: process.execPath, args: [join(examples, 'node/verify.mjs')] }

export function pythonExample (): Command | Missing {
  const made = makePython('PyJWT[crypto]==2.15.1')
  if ('reason' in made) return made
  return { command: join(made.bin, 'python'), args: [join(examples, 'python/verify.py')] }
}

/** Builds the Go example. */
export function goExample (t: Test): Command | Missing {
  const go = findProgram('go', ['/usr/local/go/bin'])
  if (!go) return { reason: 'go is not installed', isOptional: true }
  const folder = temporaryFolder(t)
  cpSync(join(examples, 'go'), folder, { recursive: true })
  const { status, stderr, error } = spawnSync(go, ['build', '-o', 'verify', '.'], {
    cwd: folder, encoding: 'utf8', timeout: 240_000
  })
  if (status !== 0) return { reason: `go build failed: ${error?.message ?? stderr}` }
  return { command: join(folder, 'verify'), args: [] }
}
