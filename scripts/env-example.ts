// Writes .env.example and docs/settings.md from the schema, or checks them: npm run env-example [-- --check]
import { type Setting, settings } from '../src/config.ts'
import { writeOrCheck } from './generated-file.ts'

const defaultText = ({ default: value }: Setting) =>
  value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value)

/** Groups in the order in which they first appear. */
function grouped (): Array<[string, Setting[]]> {
  const groups = new Map<string, Setting[]>()
  for (const setting of settings) groups.set(setting.group, [...groups.get(setting.group) ?? [], setting])
  return [...groups]
}

/** The commented file: every setting with its default, secrets left empty. */
export function envExample (): string {
  const lines = ['# Generated from src/config/settings.ts by `npm run env-example`. Every line is optional.']
  for (const [group, members] of grouped()) {
    lines.push('', `# --- ${group} ---`)
    for (const setting of members) {
      lines.push('', `# ${setting.description}`)
      if (setting.example) lines.push(`# e.g. ${setting.example}`)
      if (setting.secret) lines.push(`# A secret: may be the name of a file instead, in ${setting.name}_FILE.`)
      lines.push(`#${setting.name}=${setting.secret ? '' : defaultText(setting)}`)
    }
  }
  return lines.join('\n') + '\n'
}

const INTRODUCTION = `# Settings

<!-- Generated from src/config/settings.ts by \`npm run env-example\`. -->

From the command line, from the file named by \`--env-file\`, from the environment, or from \`./.env\`: the first that has a
setting decides. Names and defaults are Langflow's where it has the setting. Every problem is told at once, with what
mends it; a name that is a slip away from a setting is a warning. A secret may be the name of a file instead:
\`LANGFLOW_SECRET_KEY_FILE=/run/secrets/key\`. \`flowgate doctor --settings\` prints what is in force, and where it came from.
`

const rowOf = (setting: Setting) => {
  const value = setting.default === undefined || defaultText(setting) === '' ? '' : `\`${defaultText(setting)}\``
  return `| \`${setting.name}\`${setting.secret ? ' (secret)' : ''} | ${value} | ${setting.description} |`
}

/** docs/settings.md: a table for each group. */
export const settingsDocument = (): string => INTRODUCTION + grouped().map(([group, members]) =>
  ['', `## ${group}`, '', '| setting | default | meaning |', '|---|---|---|', ...members.map(rowOf), ''].join('\n')).join('')

if (import.meta.filename === process.argv[1]) {
  writeOrCheck('.env.example', envExample(), 'npm run env-example')
  writeOrCheck('docs/settings.md', settingsDocument(), 'npm run env-example')
}
