import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../system/errors.ts'
import type { Identity } from './identity.ts'

/** A claim on a database: a file in the lock's folder, named by a unique random token. */
export type Claim = {
  token: string
  path: string
  /** Undefined when the file cannot be read as a claim. */
  identity: Identity | undefined
  /** Changes with each renewal. */
  beat: string
}

const fileName = /^([0-9a-f]{32})\.json$/

/** Runs `work`. Returns undefined if the file or folder does not exist; throws other errors. */
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
    const { token: written, ...identity } = JSON.parse(text) as Identity & { token: string } // written by `addClaim`
    return written === token && Number.isInteger(identity.pid) ? identity : undefined
  } catch {
    return undefined
  }
}

/** Reads a claim; undefined if its file no longer exists. */
function readClaim (folder: string, token: string): Claim | undefined {
  const path = join(folder, `${token}.json`)
  return unlessMissing(() => {
    const text = readFileSync(path, 'utf8')
    return { token, path, identity: parse(text, token), beat: `${statSync(path).mtimeMs} ${text}` }
  })
}

/** Lists all claims, sorted by token. */
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
      // Another process removed the empty folder after `mkdirSync`.
      if (codeOf(error) !== 'ENOENT' || tries === 10) throw error
    }
  }
}

/**
 * Renews a claim of this process if it still exists.
 * @returns false if the file is missing or contains another token
 * @throws the system's error if the file cannot be read or updated
 */
export function renewClaim ({ path, token }: Claim): boolean {
  return unlessMissing(() => {
    if (parse(readFileSync(path, 'utf8'), token) === undefined) return false
    const now = new Date()
    utimesSync(path, now, now)
    return true
  }) ?? false
}

/** Removes the claim of any process, and the folder if no claim is left. */
export function removeClaim (folder: string, { path }: Claim): void {
  rmSync(path, { force: true })
  try {
    rmdirSync(folder)
  } catch {
    // The folder contains claims of other processes.
  }
}
