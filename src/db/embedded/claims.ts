import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../system/errors.ts'
import type { Identity } from './identity.ts'

/** A claim on a database: one file in the lock's folder, named by a random token that no other claim ever has. */
export type Claim = {
  token: string
  path: string
  /** Undefined when the file cannot be read as a claim. */
  identity: Identity | undefined
  /** Changes with each renewal. */
  beat: string
}

const fileName = /^([0-9a-f]{32})\.json$/

/** Runs `work`; undefined when the file or folder is not there. Other errors are thrown. */
function unlessMissing<T> (work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function parse (text: string, token: string): Identity | undefined {
  try {
    const { token: written, ...identity } = JSON.parse(text) as Identity & { token: string } // of a file of our own
    return written === token && Number.isInteger(identity.pid) ? identity : undefined
  } catch {
    return undefined
  }
}

/** The claim in a file; undefined when it is gone. */
function readClaim (folder: string, token: string): Claim | undefined {
  const path = join(folder, `${token}.json`)
  return unlessMissing(() => {
    const text = readFileSync(path, 'utf8')
    return { token, path, identity: parse(text, token), beat: `${statSync(path).mtimeMs} ${text}` }
  })
}

/** Every claim there is, by token. */
export function listClaims (folder: string): Claim[] {
  const names = unlessMissing(() => readdirSync(folder)) ?? []
  return names.sort().flatMap(name => {
    const token = fileName.exec(name)?.[1]
    const claim = token === undefined ? undefined : readClaim(folder, token)
    return claim ? [claim] : []
  })
}

/**
 * Adds a claim of this process.
 * @throws the system's error when the folder cannot be written
 */
export function addClaim (folder: string, identity: Identity): Claim {
  const token = randomBytes(16).toString('hex')
  const path = join(folder, `${token}.json`)
  const text = JSON.stringify({ token, ...identity }) + '\n'
  for (let tries = 1; ; tries++) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
      return { token, path, identity, beat: text }
    } catch (error) {
      // Another process has removed the empty folder in between.
      if (codeOf(error) !== 'ENOENT' || tries === 10) throw error
    }
  }
}

/**
 * Renews a claim of this process, after a look whether it is still there.
 * @returns whether it was; false when its file is gone or holds another token
 * @throws the system's error when neither can be told
 */
export function renewClaim ({ path, token }: Claim): boolean {
  return unlessMissing(() => {
    if (parse(readFileSync(path, 'utf8'), token) === undefined) return false
    const now = new Date()
    utimesSync(path, now, now)
    return true
  }) ?? false
}

/** Removes a claim, whoever made it, and the folder with the last one. */
export function removeClaim (folder: string, { path }: Claim): void {
  rmSync(path, { force: true })
  try {
    rmdirSync(folder)
  } catch {
    // Others have claims there.
  }
}
