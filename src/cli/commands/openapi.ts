import { readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { SetupError } from '../../errors.ts'
import { codeOf, reasonOf } from '../../system/errors.ts'
import { exitCodes, type JsonOptions, type MakeCommand, withExamples, withJson } from '../command.ts'

/** Generated from the routes of this version. */
const document = new URL('../../../openapi.yaml', import.meta.url)

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'Create its folder first, or choose another path.',
  ENOTDIR: 'A part of the path is a file. Choose another path.',
  EISDIR: 'The path is a folder. Add a file name.',
  EACCES: 'Choose a path that this account may write.',
  ENOSPC: 'Free space on the disk, or choose a path on another one.'
}

/** @throws SetupError that names the path, the reason and the remedy */
function writeTo (path: string, text: string) {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw new SetupError([{
      subject: `--output ${path}`,
      problem: `the file cannot be written: ${reasonOf(cause)}`,
      remedy: remedies[codeOf(cause)] ?? 'Choose another path.'
    }], { exitCode: 1, cause })
  }
}

/** `flowgate openapi`: the description of the API. Needs no server. */
export const openapiCommand: MakeCommand = ({ ends }) => withExamples(
  withJson(new Command('openapi').description('print the description of the API (OpenAPI 3.1)'))
    .option('--output <file>', 'write the description to this file')
    .action(ends(async ({ json, output }: JsonOptions & { output?: string }) => {
      const yaml = readFileSync(document, 'utf8')
      const text = json ? JSON.stringify((await import('yaml')).parse(yaml), undefined, 2) + '\n' : yaml
      if (output === undefined) process.stdout.write(text)
      else writeTo(output, text)
      return exitCodes.fine
    })),
  [['flowgate openapi --json --output openapi.json', 'writes JSON, for a client generator']]
)
