// Writes or checks .env.example and docs/settings.md: npm run env-example [-- --check]
import { type Setting, settings } from '../src/config.ts'
import { writeOrCheck } from './generated-file.ts'

const defaultText = ({ default: value }: Setting) =>
  value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value)

/** Settings by group, in the order of their first occurrence. */
function grouped (): Array<[string, Setting[]]> {
  const groups = new Map<string, Setting[]>()
  for (const setting of settings) groups.set(setting.group, [...groups.get(setting.group) ?? [], setting])
  return [...groups]
}

/** .env.example: every setting as a comment with its default; secrets are empty. */
export function envExample (): string {
  const lines = ['# Generated from src/config/settings.ts by `npm run env-example`. All settings are optional.']
  for (const [group, members] of grouped()) {
    lines.push('', `# --- ${group} ---`)
    for (const setting of members) {
      lines.push('', `# ${setting.description}`)
      if (setting.example) lines.push(`# e.g. ${setting.example}`)
      if (setting.secret) lines.push(`# Secret. ${setting.name}_FILE can name a file that contains it.`)
      else if (setting.file) lines.push(`# ${setting.name}_FILE can name a file that contains it.`)
      lines.push(`#${setting.name}=${setting.secret ? '' : defaultText(setting)}`)
    }
  }
  return lines.join('\n') + '\n'
}

const INTRODUCTION = `# Settings

<!-- Generated from src/config/settings.ts by \`npm run env-example\`. -->

Settings are read from the command line, from the file named by \`--env-file\`, from the environment, and from \`./.env\`. The
first of these sources that has a setting takes precedence. Names and defaults are those of Langflow where it has the
setting. \`flowgate doctor --settings\` prints every setting with its value and its source: the file and line, the
environment, or the command line. All errors are reported at once. Warnings are printed by \`flowgate doctor\` and logged at
each start.

## How settings are read

* **Names** are case-insensitive: \`langflow_port\` is LANGFLOW_PORT. Two spellings of a setting with different values in one
  source are refused. An unknown name that resembles a setting causes a warning.
* **Secrets** may be read from a file: \`LANGFLOW_SECRET_KEY_FILE=/run/secrets/key\`. The file is UTF-8, or UTF-16 with a byte
  order mark, of at most 64 KiB. One trailing line end is removed. LANGFLOW_PUBLIC_KEY may be read from a file, too. For
  other settings \`_FILE\` has no effect, with a warning.
* **Stray characters** around a value are removed with a warning: white space, one pair of quotes, a byte order mark,
  zero-width characters. LANGFLOW_SECRET_KEY and LANGFLOW_SECRET_KEY_PREVIOUS are refused instead, because different text is a
  different key. Control characters inside a value are refused.
* **PEM documents** (LANGFLOW_PRIVATE_KEY, LANGFLOW_PUBLIC_KEY) have several lines. On one line, write \`\\n\` for each line end.
* **Booleans** are \`true\`, \`1\`, \`yes\`, \`on\`, \`t\`, \`y\` and \`false\`, \`0\`, \`no\`, \`off\`, \`f\`, \`n\`, in any case.
  Integers may be written as \`1_000\` or \`3600.0\`. Lists are separated by commas, or are JSON arrays of strings. An empty
  value counts as not set.
* **Paths** in a settings file are relative to the folder of that file; in the environment and on the command line they are
  relative to the working directory. This includes the files in LANGFLOW_DATABASE_URL (\`sslrootcert\`, \`sslcert\`,
  \`sslkey\`). A leading \`~\` is the home folder; \`~NAME\` and \`$NAME\` are refused. The default of LANGFLOW_CONFIG_DIR is
  relative to the working directory.
* **Kubernetes** sets LANGFLOW_PORT to \`tcp://…\` in every pod where a service is called \`langflow\`. Such a value counts as
  not set, with a warning: set \`enableServiceLinks: false\` in the pod, or the port in the manifest.

### Settings files

\`--env-file\` and \`./.env\` are read as Langflow reads them, by the rules of python-dotenv:

* A line is \`NAME=VALUE\`, optionally with \`export\` before it and blanks around \`=\`. If a name is repeated, the
  last line counts.
* Without quotes, a value ends at the end of its line, or before white space with \`#\` after it: \`a#b\` is the whole value,
  \`a #b\` is \`a\`. Trailing blanks are removed.
* In double quotes, \`\\\\\`, \`\\'\`, \`\\"\` and \`\\a\`, \`\\b\`, \`\\f\`, \`\\n\`, \`\\r\`, \`\\t\`, \`\\v\` are escapes; in
  single quotes \`\\\\\` and \`\\'\`. A quoted value may have several lines.
* \`\${NAME}\` and \`\${NAME:-default}\` are expanded, also in single and double quotes. An earlier line of the file named by
  \`--env-file\` wins over the environment; the environment wins over a line of \`./.env\`. A name that is not set is empty,
  with a warning.
* The file is UTF-8, or UTF-16 with a byte order mark, of at most 1 MiB. Lines end with LF, CRLF or CR.

Lines that python-dotenv skips are errors: text that is not \`NAME=VALUE\`, a name without \`=\`, a quote that is not
closed, text after a closing quote. [Upgrading](upgrading.md) lists what version 0.1 read differently.
`

const rowOf = (setting: Setting) => {
  const value = setting.default === undefined || defaultText(setting) === '' ? '' : `\`${defaultText(setting)}\``
  return `| \`${setting.name}\`${setting.secret ? ' (secret)' : ''} | ${value} | ${setting.description} |`
}

/** docs/settings.md: one table per group. */
export const settingsDocument = (): string => INTRODUCTION + grouped().map(([group, members]) =>
  ['', `## ${group}`, '', '| setting | default | meaning |', '|---|---|---|', ...members.map(rowOf), ''].join('\n')).join('')

if (import.meta.filename === process.argv[1]) {
  writeOrCheck('.env.example', envExample(), 'npm run env-example')
  writeOrCheck('docs/settings.md', settingsDocument(), 'npm run env-example')
}
