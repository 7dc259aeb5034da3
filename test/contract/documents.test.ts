import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { parse as parseEnv } from 'dotenv'
import t from 'tap'
import { createProgram } from '../../src/cli/program.ts'
import { settings } from '../../src/config.ts'
import { failureKinds } from '../../src/errors.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root, encoding: 'utf8'
}).trim().split('\n')

/** The anchors of the headings of a text. */
const anchorsOf = (text: string) => new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
  title.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')))

/** The links of a document that have no target. */
function badLinks (path: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return URL.canParse(link) ? [] : [link]
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : relative(root, join(root, dirname(path), file))
    if (target.startsWith('..') || !existsSync(join(root, target))) return [link]
    return anchor !== undefined && !anchorsOf(read(target)).has(anchor) ? [link] : []
  })
}

t.test('every link has a target', async t => {
  t.ok(documents.length > 15, `${documents.length} documents`)
  for (const path of documents) t.strictSame(badLinks(path, read(path)), [], path)
  const bad = '[a](missing.md) [b](README.md#no-such-title) [c](#nothing) [d](../outside.md)'
  t.equal(badLinks('README.md', bad).length, 4, 'broken links are detected')
  t.strictSame(badLinks('docs/api.md', '[a](../README.md#the-console) [b](errors.md)'), [])
})

t.test('the README links to every document', async t => {
  const links = new Set([...read('README.md').matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => link))
  for (const path of documents.filter(path => path.startsWith('docs/') || !path.includes('/'))) {
    if (path !== 'README.md') t.ok(links.has(path), path)
  }
})

/** Describes why a command line is invalid; undefined if it is valid. */
function complaint (program: Command, words: string[]): string | undefined {
  let command = program
  for (const word of words) {
    if (/^[#|<>]/.test(word)) return undefined
    if (word.startsWith('--')) {
      const name = word.split('=')[0]
      if (name !== '--help' && !command.options.some(({ long }) => long === name)) return `${command.name()} has no ${name}`
      continue
    }
    const next = command.commands.find(each => each.name() === word)
    if (next) command = next
    else if (command.commands.length > 0) return /^[a-z-]+$/.test(word) ? `${command.name()} has no ${word}` : undefined
  }
  return undefined
}

t.test('every command and option in the documents exists', async t => {
  const program = createProgram({ env: {}, ends: () => async () => {} })
  let seen = 0
  const sources = [
    ...documents, 'src/errors.ts', 'src/config/checks.ts', 'src/services/secrets/keyring.ts', '.env.example'
  ]
  for (const path of sources) {
    // Code: between backticks, or a line of a code block.
    for (const [, line = ''] of read(path).matchAll(/(?:`|^\s*(?:\$ )?)(?:npx )?flowgate ([a-z-]+[^`\n]*)/gm)) {
      seen++
      t.equal(complaint(program, line.trim().split(/\s+/)), undefined, `${path}: flowgate ${line}`)
    }
  }
  t.ok(seen > 40, `${seen} command lines`)
  t.match(complaint(program, ['users', 'dance']), 'users has no dance')
  t.match(complaint(program, ['users', 'list', '--nonsense']), 'list has no --nonsense')
})

t.test('git ignores every file that the commands of the documents create', async t => {
  const created = documents.flatMap(path => [...read(path).matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([block]) =>
    [...block.matchAll(/(?:\btee|>| -c|--output) ([a-z][\w./-]*)|LANGFLOW_CONFIG_DIR=\.\/(\w[\w-]*)/g)]
      .map(([, file, folder]) => file ?? `${folder}/`)))
  t.ok(created.length > 8, created.join(' '))
  for (const name of created) {
    const { status } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', name], { cwd: root })
    t.equal(status, 0, name)
  }
})

t.test('every setting, code, file and npm script in the documents exists', async t => {
  const names = new Set<string>(settings.flatMap(({ name, secret }) => secret ? [name, `${name}_FILE`] : [name]))
  const namesOfLangflow = new Set(Object.keys(parseEnv(read('deploy/langflow/langflow.env'))))
  const { scripts } = JSON.parse(read('package.json'))
  // COMPATIBILITY.md also names settings of Langflow.
  for (const path of documents.filter(path => path !== 'COMPATIBILITY.md')) {
    const text = read(path)
    for (const [name] of text.matchAll(/LANGFLOW_[A-Z_]+[A-Z]/g)) {
      const isKnown = names.has(name) || (path === 'docs/protecting-langflow.md' && namesOfLangflow.has(name))
      t.ok(isKnown, `${path}: ${name}`)
    }
    for (const [, name = ''] of text.matchAll(/npm run (?:-s )?([a-z-]+)/g)) t.ok(name in scripts, `${path}: npm run ${name}`)
    for (const [, file = ''] of text.matchAll(/`((?:src|test|scripts|deploy|docs)\/[\w./-]+)`/g)) {
      t.ok(existsSync(join(root, file)), `${path}: ${file}`)
    }
  }
  for (const [, status, code = ''] of read('docs/troubleshooting.md').matchAll(/(\d{3}) `([a-z_]+)`/g)) {
    t.equal(failureKinds.get(code)?.status, Number(status), code)
  }
})
