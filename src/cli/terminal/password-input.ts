import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from '../command.ts'

/**
 * Reads a password from standard input, or asks for it without showing it. A password in an argument would be in the
 * process list and in the shell's history.
 */
export const readPassword = () => process.stdin.isTTY ? ask() : firstLine()

async function firstLine (): Promise<string> {
  const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
  if (line === '') throw new UsageError('the password is read from standard input, which is empty')
  return line
}

async function ask (): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const stopped = new Promise<never>((_resolve, reject) => {
    terminal.on('SIGINT', () => reject(new UsageError('no password was entered')))
  })
  const askOnce = async (prompt: string) => {
    process.stderr.write(prompt)
    const line = await Promise.race([terminal.question(''), stopped])
    process.stderr.write('\n')
    return line
  }
  try {
    const password = await askOnce('Password: ')
    if (password === '') throw new UsageError('no password was entered')
    if (await askOnce('Confirm password: ') !== password) throw new UsageError('the passwords do not match')
    return password
  } finally {
    terminal.close()
  }
}
