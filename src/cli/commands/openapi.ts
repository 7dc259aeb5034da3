import { readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { exitCodes, type JsonOptions, type MakeCommand, withExamples, withJson } from '../command.ts'

/** The document that came with this version, made from its routes. */
const document = new URL('../../../openapi.yaml', import.meta.url)

/** @throws the system's error, with the path in every case: a failed write(2) does not know it */
function writeTo (path: string, text: string) {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path }) : error
  }
}

/** `flowgate openapi`: the description of the API, without a server. */
export const openapiCommand: MakeCommand = ({ ends }) => withExamples(
  withJson(new Command('openapi').description('print the description of the API (OpenAPI 3.1)'))
    .option('--output <file>', 'write it there')
    .action(ends(async ({ json, output }: JsonOptions & { output?: string }) => {
      const yaml = readFileSync(document, 'utf8')
      const text = json ? JSON.stringify((await import('yaml')).parse(yaml), undefined, 2) + '\n' : yaml
      if (output === undefined) process.stdout.write(text)
      else writeTo(output, text)
      return exitCodes.fine
    })),
  [['flowgate openapi --json --output openapi.json', 'for a generator of clients']]
)
