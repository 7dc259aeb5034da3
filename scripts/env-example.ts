// Writes .env.example and the README's settings from the schema, or checks them: npm run env-example [-- --check]
import { readFileSync } from 'node:fs'
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

/** The README's table of settings. */
export function settingsTable (): string {
  const rows = settings.map(setting => {
    const value = setting.default === undefined || defaultText(setting) === '' ? '' : `\`${defaultText(setting)}\``
    return `| \`${setting.name}\`${setting.secret ? ' (secret)' : ''} | ${value} | ${setting.description} |`
  })
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

const [begin, end] = ['<!-- settings: generated -->', '<!-- /settings -->']

/** The README with its table as it should be. */
export function withSettingsTable (readme: string): string {
  const [before, rest = ''] = readme.split(begin)
  const [, after = ''] = rest.split(end)
  return `${before}${begin}\n${settingsTable()}\n${end}${after}`
}

if (import.meta.filename === process.argv[1]) {
  writeOrCheck('.env.example', envExample(), 'npm run env-example')
  writeOrCheck('README.md', withSettingsTable(readFileSync('README.md', 'utf8')), 'npm run env-example')
}
